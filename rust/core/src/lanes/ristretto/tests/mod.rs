mod arithmetic;
mod cost;
mod edges;
mod equality;
mod integers;

use super::{Kernel, LANES};

/// The kernel, or `None` with a word about it: on a machine without the instructions there is nothing to test.
fn kernel() -> Option<Kernel> {
    let kernel = Kernel::detect();
    if kernel.is_none() {
        eprintln!("no AVX-512 IFMA here: the kernel is not tested");
    }
    kernel
}
