"""What pods take and what is left: requests, quotas, usage."""
