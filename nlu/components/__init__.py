"""Components of ours that Rasa's pipeline and endpoints name."""
