//! SHA-512 of many messages at once, and `expand_message_xmd`, which is based on it.

pub(crate) mod expand;
pub(crate) mod prefixed_sha512;
