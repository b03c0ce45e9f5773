"""Computes statistics.json: values of other people's implementations, for the tests in src/eval/stats to be held to.

Run once, with Python 3.11, in a fresh virtual environment; the tests read the JSON and need no Python:

    pip install scikit-learn==1.9.1 statsmodels==0.15.0 scipy==1.12.0 numpy==1.26.4 krippendorff==0.9.0 irrCAC==0.4.4
    python -I evals/oracle/statistics.py > evals/oracle/statistics.json

(`-I`, because this file's name is also that of a module of Python's own.)

Where a library answers "not a number" or refuses, the value is "undefined". Same versions, same bytes.
"""

import importlib.metadata
import itertools
import json
import math
import sys
import warnings

import krippendorff
import numpy as np
import pandas as pd
from irrCAC.raw import CAC
from scipy import stats
from sklearn.metrics import accuracy_score, cohen_kappa_score, jaccard_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

warnings.filterwarnings("ignore")

UNDEFINED = "undefined"
PINNED = {
    "scikit-learn": "1.9.1",
    "statsmodels": "0.15.0",
    "scipy": "1.12.0",
    "numpy": "1.26.4",
    "krippendorff": "0.9.0",
    "irrCAC": "0.4.4",
}


def number(value):
    value = float(value)
    return value if math.isfinite(value) else UNDEFINED


def attempt(compute):
    """The value, or `undefined` where the library refuses the input."""
    try:
        return number(compute())
    except (ValueError, ZeroDivisionError, IndexError):
        return UNDEFINED


def ratings(table):
    """Both raters' categories, one entry per pair."""
    pairs = [
        (row, column)
        for row, counts in enumerate(table)
        for column, count in enumerate(counts)
        for _ in range(count)
    ]
    return [row for row, _ in pairs], [column for _, column in pairs]


def agreement():
    tables = {
        "ordinary": [[20, 3, 1], [4, 30, 6], [0, 5, 11]],
        "perfect in three categories": [[7, 0, 0], [0, 9, 0], [0, 0, 4]],
        "perfect in one category only": [[25, 0, 0], [0, 0, 0], [0, 0, 0]],
        "nothing rated": [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
        "one pair, agreed": [[1, 0], [0, 0]],
        "one pair, not agreed": [[0, 1], [0, 0]],
        "empty row": [[12, 2, 3], [0, 0, 0], [1, 4, 9]],
        "empty column": [[12, 0, 3], [5, 0, 2], [1, 0, 9]],
        "second rater always says the same": [[0, 9, 0], [0, 30, 0], [0, 12, 0]],
        "prevalence paradox": [[118, 5], [2, 0]],
        "same agreement, balanced": [[60, 5], [2, 58]],
        "never agreed": [[0, 4, 3], [5, 0, 2], [6, 1, 0]],
        "only at the far ends": [[5, 0, 5], [0, 0, 0], [5, 0, 5]],
        "independent": [[4, 4], [4, 4]],
        "five categories": [
            [9, 1, 0, 0, 1],
            [2, 7, 2, 0, 0],
            [0, 1, 6, 3, 0],
            [1, 0, 2, 8, 1],
            [0, 0, 0, 4, 12],
        ],
    }
    found = []
    for name, table in tables.items():
        first, second = ratings(table)
        labels = list(range(len(table)))
        # irrCAC refuses one pair, whose standard error does not exist. AC1 depends on shares alone: the pair twice is the same.
        times = 2 if len(first) == 1 else 1
        frame = pd.DataFrame({"first": first * times, "second": second * times})
        found.append(
            {
                "name": name,
                "table": table,
                "observed": attempt(lambda: accuracy_score(first, second)) if first else UNDEFINED,
                "kappa": attempt(lambda: cohen_kappa_score(first, second, labels=labels)) if first else UNDEFINED,
                "weighted": attempt(lambda: cohen_kappa_score(first, second, labels=labels, weights="linear"))
                if first
                else UNDEFINED,
                "ac1": attempt(
                    lambda: CAC(frame, categories=labels, digits=15).gwet()["est"]["coefficient_value"]
                )
                if first
                else UNDEFINED,
            }
        )
    return found


def alpha():
    # Krippendorff 2011, four observers and twelve units, from 1; absent ratings are left out.
    canonical = [
        [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
        [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [5, 5, 5], [1, 1], [3],
    ]
    units = {
        "Krippendorff 2011": canonical,
        "one category only": [[1, 1], [1, 1, 1], [1, 1]],
        "nothing to compare": [[0], [1], [2]],
        "no units": [],
        "full agreement": [[0, 0], [1, 1], [2, 2, 2]],
        "never agreed": [[0, 1], [1, 2], [2, 0]],
        "one flip in twenty": [[0] * 4] * 6 + [[1] * 4] * 8 + [[2] * 4] * 5 + [[0, 2, 2, 2]],
        "a unit more makes the category used": [[0, 0], [0, 0], [0, 0], [1, 0]],
        "unequal numbers of ratings": [[0, 1, 1, 1, 2], [2, 2], [0], [0, 0, 1], [1, 1, 1, 1], [2, 1]],
        "middle category never used": [[0, 0, 2], [2, 2, 2], [0, 2], [0, 0], [2, 0, 2]],
    }
    found = []
    for name, rated in units.items():
        domain = sorted({value for unit in rated for value in unit})
        counts = np.array([[unit.count(value) for value in domain] for unit in rated])

        def of(level):
            return attempt(
                lambda: krippendorff.alpha(value_counts=counts, value_domain=domain, level_of_measurement=level)
            )

        comparable = any(len(unit) > 1 for unit in rated)
        found.append(
            {
                "name": name,
                "units": rated,
                "nominal": of("nominal") if comparable else UNDEFINED,
                "ordinal": of("ordinal") if comparable else UNDEFINED,
            }
        )
    return found


def shares():
    found = []
    for successes, trials in [
        (0, 1), (1, 1), (0, 10), (10, 10), (1, 10), (5, 10), (41, 64), (63, 64), (0, 64), (64, 64), (3, 1000),
        (999, 1000), (500000, 1000000),
    ]:
        low, high = proportion_confint(successes, trials, alpha=0.05, method="wilson")
        found.append({"successes": successes, "trials": trials, "low": number(low), "high": number(high)})
    return found


def zero_events():
    """The exact one-sided 95 % bound for no event in so many trials (Clopper and Pearson)."""
    return [{"trials": trials, "exact": number(stats.beta.ppf(0.95, 1, trials))} for trials in [10, 30, 64, 300, 10000]]


TINY = {
    "three clusters": [[[0, 0], [1, 1]], [[2, 1]], [[0, 0], [0, 2], [1, 1]]],
    "undefined draws": [[[0, 0]], [[1, 1], [1, 1]], [[2, 1]], []],
    "always undefined": [[[1, 1]], [[1, 1]]],
}


def summed(clusters, draw):
    table = np.zeros((3, 3))
    for position in draw:
        for first, second in clusters[position]:
            table[first, second] += 1
    return table


def kappa_of(table):
    # statsmodels warns and yields NaN where chance alone gives full agreement.
    return float(cohens_kappa(table, return_results=True).kappa) if table.sum() else math.nan


def agreement_of(table):
    return float(np.trace(table) / table.sum()) if table.sum() else math.nan


def ends(values):
    if not len(values):
        return UNDEFINED, UNDEFINED
    low, high = np.percentile(values, [2.5, 97.5])
    return number(low), number(high)


def enumerated():
    """Every draw of a few clusters, each once: the distribution that resampling approaches."""
    found = []
    for name, clusters in TINY.items():
        draws = list(itertools.product(range(len(clusters)), repeat=len(clusters)))
        for statistic, compute in [("kappa", kappa_of), ("agreement", agreement_of)]:
            values = [compute(summed(clusters, draw)) for draw in draws]
            defined = [value for value in values if math.isfinite(value)]
            low, high = ends(defined)
            found.append(
                {
                    "name": name,
                    "clusters": clusters,
                    "statistic": statistic,
                    "draws": len(draws),
                    "undefined": len(values) - len(defined),
                    "low": low,
                    "high": high,
                }
            )
    return found


def enumerated_pairs():
    """Every draw of clusters whose items hold one truth and two answers: the difference of the kappas."""
    samples = {
        "first is better": [[[0, 0, 1], [1, 1, 1]], [[2, 2, 0]], [[1, 1, 2], [0, 0, 0]], [[2, 1, 2]]],
        "no difference": [[[0, 0, 0], [1, 2, 2]], [[2, 2, 2]], [[1, 1, 1]]],
        "never defined": [[[1, 1, 1]], [[1, 1, 1]]],
    }
    found = []
    for name, clusters in samples.items():
        def difference(draw):
            items = [item for position in draw for item in clusters[position]]
            first, second = np.zeros((3, 3)), np.zeros((3, 3))
            for truth, one, other in items:
                first[truth, one] += 1
                second[truth, other] += 1
            return kappa_of(first) - kappa_of(second)

        size = len(clusters)
        values = [difference(draw) for draw in itertools.product(range(size), repeat=size)]
        # Kappas that are equal by algebra may differ in the last bit: that is no difference.
        values = [0.0 if abs(value) < 1e-12 else value for value in values]
        defined = np.array([value for value in values if math.isfinite(value)])
        low, high = ends(defined)
        p = UNDEFINED
        if len(defined):
            below, above = (defined <= 0).sum() + 1, (defined >= 0).sum() + 1
            p = number(min(1.0, 2 * min(below, above) / (len(defined) + 1)))
        found.append(
            {
                "name": name,
                "clusters": clusters,
                "difference": number(difference(range(size))),
                "undefined": len(values) - len(defined),
                "low": low,
                "high": high,
                "p": p,
            }
        )
    return found


def resampled():
    """Percentile intervals by scipy.stats.bootstrap, with many draws: ours must come close with 4000."""
    generator = np.random.default_rng(20261126)
    clusters = []
    for _ in range(30):
        size = int(generator.integers(1, 6))
        truth = generator.integers(0, 3, size)
        wrong = generator.random(size) < generator.choice([0.0, 0.15, 0.6])
        answers = np.where(wrong, generator.integers(0, 3, size), truth)
        clusters.append([[int(a), int(b)] for a, b in zip(truth, answers)])
    found = []
    for statistic, compute, draws in [("agreement", agreement_of, 20000), ("kappa", kappa_of, 20000)]:
        answer = stats.bootstrap(
            (np.arange(len(clusters)),),
            lambda draw: compute(summed(clusters, draw)),
            n_resamples=draws,
            vectorized=False,
            method="percentile",
            random_state=np.random.default_rng(1),
        )
        found.append(
            {
                "statistic": statistic,
                "clusters": clusters,
                "low": number(answer.confidence_interval.low),
                "high": number(answer.confidence_interval.high),
            }
        )
    return found


def mcnemars():
    found = []
    for first, second in [(0, 0), (0, 1), (1, 0), (5, 5), (0, 10), (3, 12), (12, 3), (1, 6), (40, 61), (3, 900), (1000, 1100)]:
        answer = mcnemar([[0, first], [second, 0]], exact=True)
        found.append({"first_only": first, "second_only": second, "p": number(answer.pvalue)})
    return found


def holms():
    found = []
    for given in [[0.04], [0.01, 0.04, 0.03, 0.005], [0.02, 0.02, 0.02], [0.6, 0.7, 1.0], [0.5, 0.001, 0.5, 0.001], [0.0, 1.0]]:
        adjusted = multipletests(given, alpha=0.05, method="holm")[1]
        found.append({"given": given, "adjusted": [number(p) for p in adjusted]})
    return found


def pass_hat():
    found = []
    for successes, n, k in [(0, 1, 1), (1, 1, 1), (3, 8, 1), (3, 8, 3), (3, 8, 4), (8, 8, 8), (7, 8, 8), (7, 8, 4), (0, 8, 2), (60, 100, 50), (4, 4, 5), (4, 4, 0)]:
        value = number(math.comb(successes, k) / math.comb(n, k)) if 0 < k <= n else UNDEFINED
        found.append({"successes": successes, "n": n, "k": k, "value": value})
    return found


def flips():
    found = []
    for cases in [[], [[1]], [[1, 1], [2, 2, 2]], [[1, 2], [1, 1], [2], [0, 0, 0, 1], []]]:
        repeated = [case for case in cases if len(case) > 1]
        found.append(
            {"cases": cases, "flipped": sum(len(set(case)) > 1 for case in repeated), "repeated": len(repeated)}
        )
    return found


def jaccards():
    found = []
    for sets in [[], [["a"]], [["a"], ["a"]], [["a"], ["b"]], [[], []], [[], ["a"]], [["a", "b"], ["b", "c"], ["a", "b", "c"]], [[], [], ["a"], ["a", "b"]]]:
        universe = sorted({one for found_in in sets for one in found_in})
        values = []
        for first, second in itertools.combinations(sets, 2):
            if first or second:
                rows = [[one in group for one in universe] for group in (first, second)]
                values.append(jaccard_score(rows[0], rows[1], zero_division=0))
        found.append({"sets": sets, "value": number(np.mean(values)) if values else UNDEFINED})
    return found


def main():
    for package, version in PINNED.items():
        installed = importlib.metadata.version(package)
        if installed != version:
            sys.exit(f"{package} is {installed}, not {version}")
    made = ", ".join(f"{package} {version}" for package, version in PINNED.items())
    answer = {
        "made": f"by evals/oracle/statistics.py with Python {sys.version.split()[0]}, {made}; never edited by hand",
        "agreement": agreement(),
        "alpha": alpha(),
        "wilson": shares(),
        "zero_events": zero_events(),
        "enumerated": enumerated(),
        "enumerated_pairs": enumerated_pairs(),
        "resampled": resampled(),
        "mcnemar": mcnemars(),
        "holm": holms(),
        "pass_hat_k": pass_hat(),
        "flips": flips(),
        "jaccard": jaccards(),
    }
    lines = []
    for name, value in answer.items():
        if isinstance(value, list):
            rows = ",\n    ".join(json.dumps(row, ensure_ascii=False) for row in value)
            lines.append(f'  "{name}": [\n    {rows}\n  ]')
        else:
            lines.append(f'  "{name}": {json.dumps(value)}')
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main()
