"""The screen of CPU and memory, new against old."""
