//! Detection of AVX2.

/// The evidence that this machine has AVX2.
#[derive(Clone, Copy)]
pub(in super::super) struct Avx2(pub(super) ());

impl Avx2 {
    pub(in super::super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}
