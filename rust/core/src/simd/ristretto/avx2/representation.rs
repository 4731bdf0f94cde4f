//! The representation of field elements: limbs and columns.

use zeroize::Zeroize;

use super::Vector;

/// The number of limbs of an element.
pub(super) const LIMBS: usize = 10;

/// Four field elements, with limbs small enough to be multiplied.
#[derive(Clone, Copy, Zeroize)]
pub(in super::super) struct Field(pub(super) [Vector; LIMBS]);

/// Four field elements, as columns before their carry.
#[derive(Clone, Copy)]
pub(in super::super) struct Wide(pub(super) [Vector; LIMBS]);
