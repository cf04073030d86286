//! The MD5 of a body, as `genhash` prints it: no security, a fingerprint of a page.

use md5::{Digest as _, Md5};

/// A running digest.
#[derive(Debug, Default)]
pub(crate) struct BodyDigest(Md5);

impl BodyDigest {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> [u8; 16] {
        self.0.finalize().into()
    }
}
