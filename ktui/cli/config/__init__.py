"""`ktui config check`: whether config.toml can be used, and which rules meet what."""
