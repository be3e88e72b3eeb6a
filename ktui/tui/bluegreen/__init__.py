"""The screen of a blue-green pair."""
