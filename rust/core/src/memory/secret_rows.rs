//! Secret rows of bytes.

use std::ops::{Deref, DerefMut};

/// Rows of `W` bytes, cleared when dropped. They are cleared all at once, because clearing byte by byte takes longer than
/// many of the operations on the rows.
pub(crate) struct SecretRows<const W: usize>(Vec<[u8; W]>);

impl<const W: usize> SecretRows<W> {
    pub(crate) fn new(count: usize) -> Self {
        Self(vec![[0; W]; count])
    }
}

impl<const W: usize> Deref for SecretRows<W> {
    type Target = [[u8; W]];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<const W: usize> DerefMut for SecretRows<W> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<const W: usize> Drop for SecretRows<W> {
    fn drop(&mut self) {
        self.0.fill([0; W]);
        // The compiler must assume that the zeros are read, and so cannot omit writing them.
        zeroize::optimization_barrier(self.0.as_slice());
    }
}
