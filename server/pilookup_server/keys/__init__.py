"""The keys of the online half: the interface that the app uses, and its implementation by a keyring."""
