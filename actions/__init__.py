"""Rasa's door: one answer for each intent, run through rasa-sdk's executor."""
