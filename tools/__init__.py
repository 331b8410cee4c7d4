"""Tools for whoever builds Kawan; nothing here runs in production."""
