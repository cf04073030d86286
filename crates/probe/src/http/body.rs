//! A body as it comes, and what the whole answer is worth.

use super::digest::BodyDigest;
use super::search::Search;
use holdfast_model::Url;
use holdfast_model::event::CheckFailure;

/// Bodies beyond this are endless. keepalived reads on; at full speed that takes a processor.
const BODY_MAX: usize = 256 * 1024 * 1024;

/// A body under way: digested as far as the server announced it, searched as far as it comes.
pub(super) struct Body<'a> {
    digest: BodyDigest,
    search: Option<Search<'a>>,
    /// What is still announced.
    left: u64,
    seen: usize,
}

impl<'a> Body<'a> {
    /// `length`: announced; without, the body is as long as it is.
    pub(super) fn new(url: &'a Url, length: Option<u64>) -> Result<Self, CheckFailure> {
        Ok(Self {
            digest: BodyDigest::default(),
            search: url.body.as_deref().map(Search::new).transpose()?,
            left: length.unwrap_or(u64::MAX),
            seen: 0,
        })
    }

    /// What stands before the body is only searched.
    pub(super) async fn search(&mut self, bytes: &[u8]) -> Result<(), CheckFailure> {
        match &mut self.search {
            Some(search) => search.add(bytes).await,
            None => Ok(()),
        }
    }

    /// The next piece.
    pub(super) async fn add(&mut self, bytes: &[u8]) -> Result<(), CheckFailure> {
        let take = usize::try_from(self.left).map_or(bytes.len(), |left| bytes.len().min(left));
        self.digest.add(bytes.get(..take).unwrap_or_default());
        self.search(bytes).await?;
        self.left = self.left.saturating_sub(take as u64);
        self.seen += bytes.len();
        match self.seen > BODY_MAX {
            true => Err(CheckFailure::TooLong),
            false => Ok(()),
        }
    }

    /// All that was announced is there.
    pub(super) const fn is_whole(&self) -> bool {
        self.left == 0
    }

    /// Status, digest and pattern: each that is asked for. A digest alone decides alone: keepalived
    /// 2.2.7 wants 200 to 299 besides, later ones do not, and whoever is up there stays up.
    pub(super) async fn judge(self, url: &Url, status: u16) -> Result<(), CheckFailure> {
        let found = match self.search {
            Some(search) => Some(search.end().await?),
            None => None,
        };
        let wanted = if url.status.is_empty() {
            url.digest.is_some() || (200..=299).contains(&status)
        } else {
            let mut ranges = url.status.iter();
            ranges.any(|(from, to)| (*from..=*to).contains(&status))
        };
        if !wanted {
            return Err(CheckFailure::Status(status));
        }
        let digest = self.digest.finish();
        if url.digest.is_some_and(|expected| expected != digest) {
            return Err(CheckFailure::Digest(digest));
        }
        match (&url.body, found) {
            (Some(rule), Some(found)) if found == rule.absent => Err(CheckFailure::Body { found }),
            _ => Ok(()),
        }
    }
}
