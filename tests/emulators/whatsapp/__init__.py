"""Twilio's WhatsApp messaging on loopback: its API, its webhooks, and people with phones."""
