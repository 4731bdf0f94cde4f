"""The filters of an epoch: which are kept, which are built, and the tasks that build them."""
