//! The constants of edwards25519 and ristretto255 (RFC 9496 section 4.1), in limbs of radix 2^51. Each instruction set
//! converts them to its own limbs.
//!
//! The tests compute each constant from its definition with big integers.

/// The number of limbs of an element.
pub(super) const LIMBS: usize = 5;
/// The number of bits of a limb.
pub(super) const RADIX: u32 = 51;
/// The largest value of a canonical limb.
pub(super) const LIMB_MASK: u64 = (1 << RADIX) - 1;
/// 2^255 modulo p.
pub(super) const FOLD: u64 = 19;

/// The canonical limbs of a field element.
pub(super) type Constant = [u64; LIMBS];

/// 0.
pub(super) const ZERO: Constant = [0, 0, 0, 0, 0];
/// 1.
pub(super) const ONE: Constant = [1, 0, 0, 0, 0];
/// 2.
pub(super) const TWO: Constant = [2, 0, 0, 0, 0];
/// -1, which is also the coefficient `a` of the curve.
pub(super) const MINUS_ONE: Constant =
    [0x7_ffff_ffff_ffec, 0x7_ffff_ffff_ffff, 0x7_ffff_ffff_ffff, 0x7_ffff_ffff_ffff, 0x7_ffff_ffff_ffff];
/// The coefficient `d = -121665 / 121666` of the curve.
pub(super) const D: Constant =
    [0x3_4dca_1359_78a3, 0x1_a828_3b15_6ebd, 0x5_e7a2_6001_c029, 0x7_39c6_63a0_3cbb, 0x5_2036_cee2_b6ff];
/// `2 d`, for cached points.
pub(super) const TWICE_D: Constant =
    [0x6_9b94_26b2_f159, 0x3_5050_762a_dd7a, 0x3_cf44_c003_8052, 0x6_738c_c740_7977, 0x2_406d_9dc5_6dff];
/// The nonnegative square root of -1.
pub(super) const SQRT_M1: Constant =
    [0x6_1b27_4a0e_a0b0, 0x0_d5a5_fc8f_189d, 0x7_ef5e_9cbd_0c60, 0x7_8595_a680_4c9e, 0x2_b832_4804_fc1d];
/// The square root of `a d - 1` that RFC 9496 specifies (the odd one).
pub(super) const SQRT_AD_MINUS_ONE: Constant =
    [0x7_f6a0_497b_2e1b, 0x1_836f_0a97_afd2, 0x7_d747_f6be_7638, 0x4_5607_9e7e_6498, 0x3_7693_1bf2_b834];
/// The nonnegative inverse square root of `a - d`.
pub(super) const INVSQRT_A_MINUS_D: Constant =
    [0x0_fdaa_805d_40ea, 0x2_eb48_2e57_d339, 0x0_0761_0274_bc58, 0x6_510b_613d_c8ff, 0x7_86c8_905c_faff];
/// `1 - d^2`.
pub(super) const ONE_MINUS_D_SQ: Constant =
    [0x4_09c1_945f_c176, 0x7_19ab_c6a1_fc4f, 0x1_c37f_90b2_0684, 0x0_6bcc_ca55_eedf, 0x0_2907_2a8b_2b3e];
/// `(d - 1)^2`.
pub(super) const D_MINUS_ONE_SQ: Constant =
    [0x5_5aaa_44ed_4d20, 0x5_9603_c333_2635, 0x2_6d3b_af4a_7928, 0x1_20a6_6e69_97a9, 0x5_968b_37af_66c2];
