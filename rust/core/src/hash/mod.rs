//! SHA-512 of many messages at once, and the `expand_message_xmd` made of it.

pub(crate) mod expand;
pub(crate) mod prefixed_sha512;
