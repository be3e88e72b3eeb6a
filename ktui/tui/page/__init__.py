"""The page that shows one pod, cause or event in full."""
