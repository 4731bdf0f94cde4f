//! Detection of AVX-512 IFMA.

/// The evidence that this machine has AVX-512 F, DQ and IFMA.
#[derive(Clone, Copy)]
pub(in super::super) struct Avx512(pub(super) ());

impl Avx512 {
    pub(in super::super) fn detect() -> Option<Self> {
        let present = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512ifma");
        present.then_some(Self(()))
    }
}
