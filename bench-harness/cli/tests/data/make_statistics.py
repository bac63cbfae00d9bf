"""Makes statistics.json, the known answers of the analysis, with scipy and statsmodels:

python3 -m pip install scipy statsmodels && python3 make_statistics.py > statistics.json
"""

import itertools
import json
import math

import numpy as np
import scipy
from scipy import stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(4)
out = {"made_by": "python3 make_statistics.py > statistics.json", "scipy": scipy.__version__}
# Without ties scipy's exact test; with ties every way to deal the ranks out, two-sided by the distance from the mean.
mw = []
for m, n, ties in [
    (4, 4, 0),
    (5, 5, 0),
    (5, 7, 0),
    (10, 10, 0),
    (20, 17, 0),
    (30, 30, 0),
    (5, 5, 1),
    (6, 6, 1),
    (8, 7, 1),
    (10, 10, 1),
    (4, 5, 2),
]:
    a = rng.normal(100, 5, m)
    b = rng.normal(103, 5, n)
    if ties:
        a = np.round(a / (4 * ties))
        b = np.round(b / (4 * ties))
    a = [float(x) for x in a]
    b = [float(x) for x in b]
    if not ties:
        r = stats.mannwhitneyu(a, b, method="exact")
        p = r.pvalue
    else:
        ranks = stats.rankdata(a + b)
        obs = ranks[:m].sum()
        mean = m * (m + n + 1) / 2
        sums = [sum(c) for c in itertools.combinations(ranks, m)]
        p = sum(abs(s - mean) >= abs(obs - mean) - 1e-9 for s in sums) / len(sums)
    u = stats.mannwhitneyu(a, b).statistic
    mw.append(dict(a=a, b=b, superiority=u / (m * n), p=p))
big = []
for m, n in [(25, 25), (40, 30)]:
    a = [float(x) for x in np.round(rng.normal(100, 5, m))]
    b = [float(x) for x in np.round(rng.normal(102, 5, n))]
    r = stats.mannwhitneyu(a, b, method="asymptotic", use_continuity=True)
    big.append(dict(a=a, b=b, superiority=r.statistic / (m * n), p=r.pvalue))
out["mann_whitney"] = mw
out["mann_whitney_with_many_ties"] = big
# Hodges-Lehmann ratio: inverts scipy's own exact test over the pairwise differences, as R's wilcox.test(conf.int=TRUE) does
hl = []
for m, n in [(4, 4), (5, 5), (6, 9), (10, 10), (30, 25)]:
    a = rng.lognormal(5, 0.1, m)
    b = rng.lognormal(4.9, 0.1, n)
    d = np.sort(np.subtract.outer(np.log(a), np.log(b)).ravel())

    def p_of(shift):
        return stats.mannwhitneyu(np.log(a) - shift, np.log(b), method="exact").pvalue

    # the interval holds the shifts that the exact test does not reject at 5 %: probe between neighbouring differences
    mids = [(d[i] + d[i + 1]) / 2 for i in range(len(d) - 1)]
    ok = [i for i, s in enumerate(mids) if p_of(s) > 0.05]
    lo, hi = d[ok[0]], d[ok[-1] + 1]
    hl.append(
        dict(a=a.tolist(), b=b.tolist(), estimate=math.exp(np.median(d)), low=math.exp(lo), high=math.exp(hi))
    )
out["hodges_lehmann"] = hl
ts = []
for steps, k, noise in [
    ([1, 10, 100, 1000], 5, 20),
    ([1, 10, 100, 1000], 10, 200),
    ([10, 100, 500], 4, 5),
    ([1, 2, 3, 4, 5, 6, 7], 1, 0.5),
]:
    x = [float(s) for s in steps for _ in range(k)]
    y = [900 + 33 * v + float(e) for v, e in zip(x, rng.normal(0, noise, len(x)))]
    r = stats.theilslopes(y, x, alpha=0.95)
    ts.append(dict(points=list(zip(x, y)), estimate=r.slope, low=r.low_slope, high=r.high_slope))
x = [1.0, 1.0, 10.0, 10.0, 100.0, 100.0] * 2
y = [5.0, 5.0, 7.0, 5.0, 9.0, 9.0, 5.0, 7.0, 7.0, 7.0, 9.0, 12.0]
r = stats.theilslopes(y, x, alpha=0.95)
ts.append(dict(points=list(zip(x, y)), estimate=r.slope, low=r.low_slope, high=r.high_slope))
out["theil_sen"] = ts
med = []
for n in [5, 6, 9, 10, 17, 30]:
    v = rng.lognormal(3, 1, n)
    r = stats.quantile_test(v, q=np.median(v), p=0.5).confidence_interval(0.95)
    med.append(
        dict(
            values=v.tolist(),
            median=float(np.median(v)),
            low=None if math.isnan(r.low) else float(r.low),
            high=None if math.isnan(r.high) else float(r.high),
        )
    )
out["median"] = med
ps = [float(p) for p in rng.uniform(0, 1, 12) ** 3]
out["holm"] = dict(p=ps, adjusted=[float(p) for p in multipletests(ps, method="holm")[1]])
print(json.dumps(out))
