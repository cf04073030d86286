//! Quorum with hysteresis (keepalived.conf(5), quorum).

/// Whether a virtual server has its quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quorum {
    pub(crate) up: bool,
}

impl Quorum {
    /// At start, and after a reload that changed the numbers.
    pub(crate) const fn initial(weight: u64, quorum: u32, hysteresis: u32) -> Self {
        Self { up: weight >= quorum as u64 + hysteresis as u64 }
    }

    /// Gained when the weight reaches quorum + hysteresis, lost when nobody lives or it falls
    /// below quorum - hysteresis. True when it has changed.
    pub(crate) const fn update(&mut self, weight: u64, quorum: u32, hysteresis: u32) -> bool {
        let (quorum, hysteresis) = (quorum as u64, hysteresis as u64);
        let before = self.up;
        self.up = if before {
            weight > 0 && weight >= quorum.saturating_sub(hysteresis)
        } else {
            weight >= quorum + hysteresis
        };
        before != self.up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hysteresis_keeps_the_state() {
        // weight, expected state, one after the other; quorum 3, hysteresis 1
        let steps = [(4, true), (3, true), (2, true), (1, false), (3, false), (4, true), (0, false)];
        let mut quorum = Quorum::initial(4, 3, 1);
        assert!(quorum.up);
        for (weight, up) in steps {
            quorum.update(weight, 3, 1);
            assert_eq!(quorum.up, up, "weight {weight}");
        }
    }
}
