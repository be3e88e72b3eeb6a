"""Lists and watches: from an API server's bytes to changes of objects."""
