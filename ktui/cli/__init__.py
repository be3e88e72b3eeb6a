"""Commands: from arguments to settings to what they start. The only place where the parts are put together."""
