//! Faults that are armed by a test and used up by the requests they hit.

/// A fault that knows how often it still strikes.
pub(crate) trait Counted: Clone {
    /// How many more times it strikes; `None` means until it is cleared.
    fn times(&mut self) -> Option<&mut u32>;
}

/// The faults armed at the moment, in the order in which they were armed.
pub(crate) struct Faults<F>(Vec<F>);

impl<F: Counted> Faults<F> {
    /// No faults.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// Arms one more fault.
    pub(crate) fn arm(&mut self, fault: F) {
        self.0.push(fault);
    }

    /// Whether all of them have been used up.
    pub(crate) fn are_spent(&mut self) -> bool {
        self.0.iter_mut().all(|fault| fault.times() == Some(&mut 0))
    }

    /// Disarms everything.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Uses up one strike of the first live fault that fits.
    pub(crate) fn take(&mut self, fits: impl Fn(&F) -> bool) -> Option<F> {
        self.0.retain_mut(|fault| fault.times() != Some(&mut 0));
        let fault = self.0.iter_mut().find(|fault| fits(fault))?;
        if let Some(times) = fault.times() {
            *times -= 1;
        }
        Some(fault.clone())
    }
}
