//! What a run says of itself.

/// The trace of a run, if one was asked for, and what went wrong first.
#[derive(Debug, Default)]
pub(crate) struct RunLog {
    pub(crate) trace: Option<Vec<String>>,
    pub(crate) violation: Option<String>,
}

impl RunLog {
    pub(crate) fn new(trace: bool) -> Self {
        Self { trace: trace.then(Vec::new), violation: None }
    }

    /// Notes a line, of which nothing is computed if nobody reads it.
    pub(crate) fn trace_line(&mut self, now: u64, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{now:>7} {}", line()));
        }
    }

    /// An invariant is violated. Only the first violation counts.
    pub(crate) fn report_violation(&mut self, now: u64, what: String) {
        self.trace_line(now, || format!("VIOLATION {what}"));
        self.violation.get_or_insert(what);
    }
}
