//! Keys that stand in files of their own: read outside, put in here.

use crate::code;
use crate::compiled::Compiled;
use crate::finish::hmac::decode;
use holdfast_model::{InstanceKey, Secret};
use holdfast_syntax::{Finding, SourceMap, Span};

/// A key's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// Whose key it is.
    pub instance: InstanceKey,
    /// Its number.
    pub id: u8,
    /// The file.
    pub path: String,
    /// The word that names it.
    pub span: Span,
}

impl Compiled {
    /// Puts keys in, as `read` finds them by their path. An instance whose key is not to be had is
    /// left out: unsigned it must not run.
    pub fn unlock<E: core::fmt::Display>(
        &mut self,
        read: impl Fn(&str) -> Result<Vec<u8>, E>,
        sources: &SourceMap,
    ) {
        for file in core::mem::take(&mut self.key_files) {
            let found = read(&file.path).map_err(|error| error.to_string());
            let secret = found.and_then(|bytes| decode(without_end(&bytes)));
            match secret {
                Ok(secret) => self.put(&file, secret),
                Err(why) => self.lock(&file, &why),
            }
        }
        self.findings.sort(sources);
    }

    fn put(&mut self, file: &KeyFile, secret: Secret) {
        let mut instances = self.model.vrrp.instances.iter_mut();
        let instance = instances.find(|instance| instance.key == file.instance);
        let hmac = instance.and_then(|instance| instance.wire.hmac.as_mut());
        let mut keys = hmac.into_iter().flat_map(|hmac| &mut hmac.keys);
        if let Some(key) = keys.find(|key| key.id == file.id) {
            key.secret = secret;
        }
    }

    fn lock(&mut self, file: &KeyFile, why: &str) {
        let KeyFile { instance, path, .. } = file;
        let message = format!(
            "no key in `{path}`: {why}; instance `{instance}` is left out, for unsigned it must not run"
        );
        let finding = Finding::error(code::HMAC, file.span, message)
            .help("put 32 to 64 bytes into it, or `hex:` and their digits, readable by root alone");
        self.fatal.push(finding.clone());
        self.findings.push(finding);
        let instances = &mut self.model.vrrp.instances;
        if let Some(at) = instances.iter().position(|each| each.key == *instance) {
            instances.remove(at);
            self.instance_blocks.remove(at);
        }
    }
}

/// An editor ends the last line, too.
fn without_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}
