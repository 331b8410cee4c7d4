"""What the Covenant is: its journeys, rules and facts. Has never heard of Telegram, Rasa or HTML."""
