//! Numbered names that machines have in common.

/// `r0` to `r31`.
pub(super) const R: &[&str] = &[
    "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    "r16", "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24", "r25", "r26", "r27", "r28", "r29", "r30",
    "r31",
];

/// `f0` to `f31`.
pub(super) const F: &[&str] = &[
    "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12", "f13", "f14", "f15",
    "f16", "f17", "f18", "f19", "f20", "f21", "f22", "f23", "f24", "f25", "f26", "f27", "f28", "f29", "f30",
    "f31",
];

/// `v0` to `v31`.
pub(super) const V: &[&str] = &[
    "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15",
    "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30",
    "v31",
];

/// The first `count` of some names.
pub(super) const fn first(names: &'static [&'static str], count: usize) -> &'static [&'static str] {
    names.split_at(count).0
}

/// Some names without the first `count`.
pub(super) const fn from(names: &'static [&'static str], count: usize) -> &'static [&'static str] {
    names.split_at(count).1
}
