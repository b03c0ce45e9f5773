//! Thresholds that make an evaluation a gate. What has no value, or too little behind it, does not pass.

use std::str::FromStr;

use super::report::{Better, Figure, FigureName, Report};
use super::stats::{Estimate, Support};

/// The least value of a figure, or the greatest where less is better.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    name: FigureName,
    value: f64,
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
        let name: FigureName = name.parse().map_err(|error| format!("{error}"))?;
        let value: f64 = value
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite())
            .ok_or_else(|| format!("`{value}` is no number"))?;
        Ok(Self { name, value })
    }
}

/// Why the report does not pass, one reason for each threshold that it misses.
#[must_use]
pub fn failures(report: &Report, thresholds: &[Threshold]) -> Vec<String> {
    let failed = thresholds.iter().filter_map(|threshold| {
        let reason = match report.figure(&threshold.name) {
            Some(figure) => threshold.missed_by(figure)?,
            None => "is not in this report".to_owned(),
        };
        Some(format!("{}: {reason}", threshold.name))
    });
    failed.collect()
}

impl Threshold {
    fn missed_by(&self, figure: &Figure) -> Option<String> {
        let Estimate::Value(value) = figure.estimate else {
            return Some("has no value in this sample".to_owned());
        };
        if let Some(interval) = &figure.interval
            && interval.support == Support::Insufficient
        {
            return Some(format!(
                "rests on {} families of cases, too few to be held to a threshold",
                interval.clusters
            ));
        }
        match self.name.measure.better() {
            Better::Higher if value < self.value => {
                Some(format!("is {value:.4}, less than {}", self.value))
            }
            Better::Lower if value > self.value => {
                Some(format!("is {value:.4}, more than {}", self.value))
            }
            Better::Higher | Better::Lower => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_names_a_figure_and_a_number() {
        for bad in ["kappa", "kapa=1", "kappa=x", "kappa=NaN", "=1"] {
            assert!(bad.parse::<Threshold>().is_err(), "{bad}");
        }
        assert!(
            "surfacing-recall.stale_escrow=0.9"
                .parse::<Threshold>()
                .is_ok()
        );
    }

    #[test]
    fn what_is_too_little_or_without_value_or_worse_does_not_pass() {
        use super::super::report::Measure;
        use super::super::stats::Proportion;
        let figure = |measure: Measure, numerator, denominator, clusters| {
            let counted = Proportion {
                numerator,
                denominator,
            };
            Figure::share(FigureName::whole(measure), counted, clusters)
        };
        let missed =
            |text: &str, figure: &Figure| text.parse::<Threshold>().unwrap().missed_by(figure);
        let recall = figure(Measure::SurfacingRecall, 9, 10, 20);
        assert_eq!(missed("surfacing-recall=0.9", &recall), None);
        assert!(missed("surfacing-recall=0.91", &recall).is_some());
        let few = figure(Measure::SurfacingRecall, 9, 10, 19);
        assert!(
            missed("surfacing-recall=0.5", &few)
                .unwrap()
                .contains("19 families")
        );
        let none = figure(Measure::SurfacingRecall, 0, 0, 20);
        assert!(
            missed("surfacing-recall=0", &none)
                .unwrap()
                .contains("no value")
        );
        let buried = figure(Measure::Buried, 1, 10, 20);
        assert_eq!(missed("buried=0.1", &buried), None);
        assert!(missed("buried=0.05", &buried).is_some());
    }
}
