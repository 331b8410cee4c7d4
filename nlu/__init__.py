"""The ear: everything that runs inside Rasa, in an environment and with a lock file of its own."""
