"""Views that live in the browser. Each is a thin picture of what Valkey holds, and never sees a token."""
