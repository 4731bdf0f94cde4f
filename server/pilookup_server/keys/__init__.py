"""The keys that the app asks for."""
