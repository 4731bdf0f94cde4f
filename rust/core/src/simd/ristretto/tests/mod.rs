mod arithmetic;
mod cost;
mod edges;
mod equality;
pub(super) mod integers;

use super::Kernel;

/// Every kernel whose instructions this machine has. Reports those that are missing.
fn kernels() -> impl Iterator<Item = Kernel> {
    let all = [("AVX-512 IFMA", Kernel::avx512()), ("AVX2", Kernel::avx2())];
    all.into_iter().filter_map(|(name, kernel)| {
        if kernel.is_none() {
            eprintln!("this machine does not have {name}: its lanes are not tested");
        }
        kernel
    })
}

/// Evaluates `$work` for each instruction set that this machine has, with `$lanes` as its evidence.
macro_rules! on_all_lanes {
    ($lanes:ident => $work:expr) => {
        for kernel in $crate::simd::ristretto::tests::kernels() {
            match kernel.0 {
                $crate::simd::ristretto::kernel::Instructions::Avx512($lanes) => $work,
                $crate::simd::ristretto::kernel::Instructions::Avx2($lanes) => $work,
            }
        }
    };
}
use on_all_lanes;
