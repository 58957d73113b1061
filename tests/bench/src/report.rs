//! The tables: one for each measure, a row for each client.

use std::fmt::Write as _;

use crate::args::Measure;
use crate::clients::{Client, Missing};
use crate::run::Sample;
use crate::stats::{Ratio, median, quantile, ratio, slope};

/// What all runs gave, and who was in them.
pub(crate) struct Results<'a> {
    pub(crate) clients: &'a [Client],
    pub(crate) missing: &'a Missing,
    pub(crate) samples: &'a [Sample],
}

/// A column: which value of which samples.
struct Column {
    title: String,
    value: &'static str,
    delay: u64,
    people: usize,
    decimals: usize,
}

impl Column {
    fn new(title: impl Into<String>, value: &'static str) -> Self {
        Self { title: title.into(), value, delay: 0, people: 2, decimals: 0 }
    }

    fn at(self, delay: u64) -> Self {
        Self { delay, ..self }
    }

    fn of(self, people: usize) -> Self {
        Self { people, ..self }
    }

    fn decimals(self, decimals: usize) -> Self {
        Self { decimals, ..self }
    }
}

impl Results<'_> {
    /// The text for a measure, as its document shows it.
    pub(crate) fn text(&self, measure: Measure) -> String {
        let mut columns = self.columns(measure);
        // A quick run does not wait for everything.
        columns.retain(|column| self.of(measure).any(|sample| sample.values.contains_key(column.value)));
        let mut text = self.table(measure, &columns);
        match measure {
            Measure::Warm | Measure::Cold => text.push_str(&self.round_trips(measure)),
            Measure::Large
            | Measure::Mesh
            | Measure::Cpu
            | Measure::Hidden
            | Measure::Leaks
            | Measure::Bytes => {}
        }
        text.push_str(&self.notes(measure));
        text
    }

    fn columns(&self, measure: Measure) -> Vec<Column> {
        let by_delay = |measure| {
            let mut delays: Vec<u64> = self.of(measure).map(|sample| sample.delay).collect();
            delays.sort_unstable();
            delays.dedup();
            delays.into_iter().map(|delay| Column::new(format!("both, {delay} ms"), "both").at(delay))
        };
        match measure {
            Measure::Warm | Measure::Large => by_delay(measure)
                .chain([
                    Column::new("newcomer", "newcomer"),
                    Column::new("full size, both", "full"),
                    Column::new("main thread", "main-thread"),
                ])
                .collect(),
            Measure::Cold => by_delay(measure)
                .chain([Column::new("lobby", "ready"), Column::new("main thread", "main-thread")])
                .collect(),
            Measure::Mesh => {
                let complete = |&people| Column::new(format!("{people} people"), "complete").of(people);
                measure.people(Client::Ours).iter().map(complete).collect()
            }
            Measure::Cpu => {
                let columns = |&people: &usize| {
                    [
                        Column::new(format!("{people}: ms of a core per frame"), "cpu-per-frame").decimals(2),
                        Column::new("frames a second, each", "frames-per-second").decimals(1),
                        Column::new("% of a core", "cpu"),
                        Column::new("pictures, pixels wide", "width"),
                    ]
                    .map(|column| column.of(people))
                };
                measure.people(Client::Ours).iter().flat_map(columns).collect()
            }
            Measure::Hidden => vec![Column::new("main thread, ms a second", "main-thread").decimals(2)],
            Measure::Leaks => vec![
                Column::new("heap of who stays, KB a join", "heap-member").decimals(1),
                Column::new("heap of who comes and goes", "heap-newcomer").decimals(1),
                Column::new("nodes a join", "nodes").decimals(1),
                Column::new("listeners a join", "listeners").decimals(1),
                Column::new("connections left", "connections"),
                Column::new("videos left", "videos"),
            ],
            Measure::Bytes => vec![Column::new("KB", "bytes").decimals(1), Column::new("files", "files")],
        }
    }

    fn table(&self, measure: Measure, columns: &[Column]) -> String {
        let titles: Vec<&str> = columns.iter().map(|column| column.title.as_str()).collect();
        let mut text = format!("| | {} |\n| -{} |\n", titles.join(" | "), " | -".repeat(columns.len()));
        for &client in self.clients {
            let cells: Vec<String> =
                columns.iter().map(|column| self.cell(measure, client, column)).collect();
            let _ = writeln!(text, "| {} | {} |", client.title(), cells.join(" | "));
        }
        for (client, why) in self.missing {
            let _ = writeln!(
                text,
                "| {} | not measured: {why} |{}",
                client.title(),
                " |".repeat(columns.len() - 1)
            );
        }
        text
    }

    /// Median, 95th percentile of several, and the ratio to plain JavaScript.
    fn cell(&self, measure: Measure, client: Client, column: &Column) -> String {
        let values: Vec<f64> = self.values(measure, client, column).map(|(_, value)| value).collect();
        let digits = column.decimals;
        let Some(middle) = median(&values) else { return "–".to_owned() };
        let mut text = format!("{middle:.digits$}");
        if let (true, Some(late)) = (values.len() > 4, quantile(&values, 0.95)) {
            let _ = write!(text, " / {late:.digits$}");
        }
        let ratio = (client != Client::Plain).then(|| self.ratio(measure, client, column)).flatten();
        // What can be nothing, or less, has no ratio that says something.
        if measure != Measure::Leaks
            && let Some(ratio) = ratio
        {
            let _ = write!(text, ", {}", shown(ratio));
        }
        text
    }

    fn ratio(&self, measure: Measure, client: Client, column: &Column) -> Option<Ratio> {
        let base: Vec<(u32, f64)> = self.values(measure, Client::Plain, column).collect();
        let pairs = self.values(measure, client, column).filter_map(|(round, value)| {
            let (_, base) = base.iter().find(|(other, _)| *other == round)?;
            Some((value, *base))
        });
        ratio(&pairs.collect::<Vec<_>>())
    }

    /// Round and value of all samples that a cell is made of.
    fn values(&self, measure: Measure, client: Client, column: &Column) -> impl Iterator<Item = (u32, f64)> {
        let (delay, people, value) = (column.delay, column.people, column.value);
        let samples = self.of(measure).filter(move |sample| {
            sample.client == client && sample.delay == delay && sample.people == people
        });
        samples.filter_map(move |sample| Some((sample.round, *sample.values.get(value)?)))
    }

    fn of(&self, measure: Measure) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.measure == measure)
    }

    /// How many times something goes to the server and back before there are pictures: what each millisecond of distance, there
    /// and back, makes longer.
    fn round_trips(&self, measure: Measure) -> String {
        let trips = self.clients.iter().filter_map(|&client| {
            let own = self.of(measure).filter(|sample| sample.client == client);
            let points =
                own.filter_map(|sample| Some((2.0 * sample.delay as f64, *sample.values.get("both")?)));
            let trips = slope(&points.collect::<Vec<_>>())?;
            Some(format!("{} {trips:.1}", client.title().replace(',', "")))
        });
        let trips: Vec<String> = trips.collect();
        if trips.is_empty() {
            String::new()
        } else {
            format!("\nRound trips to the server: {}.\n", trips.join(", "))
        }
    }

    fn notes(&self, measure: Measure) -> String {
        let runs = self.of(measure).map(|sample| sample.round + 1).max().unwrap_or_default();
        let failed: Vec<&Sample> = self.of(measure).filter(|sample| sample.failure.is_some()).collect();
        let busy: Vec<f64> = self.of(measure).map(|sample| sample.busy * 100.0).collect();
        let mut text = format!(
            "\n{runs} rounds; before each scene other things had {:.0} % of the processors (median).",
            median(&busy).unwrap_or_default()
        );
        for client in self.clients {
            let count = failed.iter().filter(|sample| sample.client == *client).count();
            if count > 0 {
                let _ = write!(text, " {} failed {count} times.", client.title());
            }
        }
        text + "\n"
    }

    /// The shortest table: the warm join.
    pub(crate) fn summary(&self) -> String {
        let columns: Vec<Column> =
            self.columns(Measure::Warm).into_iter().filter(|column| column.value == "both").collect();
        self.table(Measure::Warm, &columns)
    }
}

fn shown(ratio: Ratio) -> String {
    match ratio.interval {
        Some((low, high)) => format!("{:.2} [{low:.2}, {high:.2}]", ratio.mean),
        None => format!("{:.2}", ratio.mean),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::Values;

    fn sample(client: Client, round: u32, delay: u64, both: f64) -> Sample {
        let values = Values::from([("both", both)]);
        Sample { measure: Measure::Warm, client, round, delay, people: 2, busy: 0.0, values, failure: None }
    }

    #[test]
    fn a_table_says_median_and_ratio_and_the_round_trips() {
        let of = |client, scale: f64| {
            [(0, 0), (1, 0), (0, 50), (1, 50)]
                .map(|(round, delay)| sample(client, round, delay, scale * (200.0 + 4.0 * delay as f64)))
        };
        let samples = [of(Client::Plain, 1.0), of(Client::Ours, 0.5)].concat();
        let missing = Missing::from([(Client::Livekit, "no Go".to_owned())]);
        let clients = [Client::Plain, Client::Ours];
        let results = Results { clients: &clients, missing: &missing, samples: &samples };
        let text = results.text(Measure::Warm);
        assert!(text.contains("| plain JavaScript | 200 | 400 |"), "{text}");
        assert!(text.contains("| Visavis | 100, 0.50 [0.50, 0.50] | 200, 0.50 [0.50, 0.50] |"), "{text}");
        assert!(text.contains("plain JavaScript 2.0, Visavis 1.0"), "{text}");
        assert!(results.summary().contains("LiveKit | not measured: no Go | |"), "{}", results.summary());
    }
}
