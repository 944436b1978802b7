"""Computes formulas.json: what the estimators of `stats/evidence` come to on small data, straight from their formulas.

Nothing here is shared with the product: outcomes are looped over one by one, groups are left out one by one and everything is
computed anew, and no two are merged. `python3 crates/core/tests/formulas.py > crates/core/tests/formulas.json` writes the file again;
plain Python, no packages. A formula is changed in the module's documentation first, then here, then in the code.
"""

import json
import math
import random

BETS = [0.004 * 225 ** (j / 15) for j in range(16)]
LOG_RATIOS = [0.1 * 36 ** (j / 15) for j in range(16)]
vectors = []


def vector(id, inputs, output, tol=1e-9):
    vectors.append({"id": id, "source": "formulas.py", "inputs": inputs, "output": output, "tol": tol})


def log_mean_exp(logs):
    top = max(logs)
    return top + math.log(sum(math.exp(log - top) for log in logs) / len(logs))


def bets(zs, lowest):
    """The log e-value of sixteen bets that each z's mean is at most zero; `lowest` is the least z could be, one for each."""
    capital = [sum(math.log1p(h * z / -low) for z, low in zip(zs, lowest)) for h in BETS]
    return log_mean_exp(capital)


# ---- Means under a cap, outcome by outcome -----------------------------------------------------------------------------------


def z_of(arm, y, p, ratio, centre):
    share = 1 / p if arm == "T" else -ratio / (1 - p)
    return share * (y - centre) + (1 - ratio) * centre


def capped(epochs, margin, sign):
    zs, lowest = [], []
    for e in epochs:
        p, cap, centre, r = e["p"], e["cap"], e["centre"], 1 + margin
        ends = [sign * z_of(arm, y, p, r, centre) for arm in "TC" for y in (0, cap)]
        for arm in "TC":
            for y in e[arm]:
                zs.append(sign * z_of(arm, min(y, cap), p, r, centre))
                lowest.append(min(ends))
    return bets(zs, lowest)


def at_ends(amount, cap):
    """An amount as parts of the ends of its bucket: below 16 one for each amount, above eight to a doubling."""
    width = 1 if amount < 16 else 2 ** (int(math.log2(amount)) - 3)
    low = amount // width * width
    if low >= cap:
        return [(cap, 1.0)]
    above = (amount - low) / width
    return [(low, 1 - above), (low + width, above)]


def by_bucket(epochs, margin, sign):
    capital = [0.0] * 16
    for e in epochs:
        p, cap, centre, r = e["p"], e["cap"], e["centre"], 1 + margin
        lowest = min(sign * z_of(arm, y, p, r, centre) for arm in "TC" for y in (0, cap))
        for arm in "TC":
            for amount in e[arm]:
                for y, part in at_ends(amount, cap):
                    for j, h in enumerate(BETS):
                        capital[j] += part * math.log1p(h * sign * z_of(arm, y, p, r, centre) / -lowest)
    return log_mean_exp(capital)


def amounts(rng, count, mean):
    return [max(1, round(rng.lognormvariate(math.log(mean), 0.8))) for _ in range(count)]


rng = random.Random(1)
for name, low, high in [("small", 5, 6), ("large", 300, 390)]:
    epochs = [
        {"p": p, "cap": cap, "centre": low * 1.25, "T": amounts(rng, n, high), "C": amounts(rng, 4 * n, low)}
        for p, n, cap in [(0.2, 60, 8 if name == "small" else 1024), (0.35, 40, 12 if name == "small" else 1536)]
    ]
    mean = lambda arm: sum(sum(e[arm]) for e in epochs) / sum(len(e[arm]) for e in epochs)
    if name == "small":
        output = {"harm": capped(epochs, 0, 1), "strict": capped(epochs, 0.1, 1), "safe": capped(epochs, 0.2, -1)}
        output["excess"] = mean("T") / mean("C") - 1
        vector("capped.means", {"epochs": epochs}, output)
    output = {"harm": by_bucket(epochs, 0, 1), "strict": by_bucket(epochs, 0.1, 1), "safe": by_bucket(epochs, 0.2, -1)}
    vector("amounts." + name, {"epochs": epochs}, output)

# ---- Cost per good answer ---------------------------------------------------------------------------------------------------


def z_per_good(arm, cost, good, p, r, ratio):
    return (cost - r * ratio * good) / p if arm == "T" else -r * (cost - ratio * good) / (1 - p)


def per_good(epochs, margin, sign):
    capital = [0.0] * 16
    r = 1 + margin
    for e in epochs:
        p, cap = e["p"], e["cap"]
        parts = [(arm, y, good, part) for arm in "TC" for cost, good in e[arm] for y, part in at_ends(cost, cap)]
        of_baseline = [(y, good, part) for arm, y, good, part in parts if arm == "C"]
        n = sum(good for _, good in e["C"])
        ratio = sum(y * part for y, _, part in of_baseline) / n
        error = math.sqrt(sum(part * (y - ratio * good) ** 2 for y, good, part in of_baseline)) / n
        low, high = max(0, ratio - 3 * error), ratio + 3 * error
        worst = min(sign * z_per_good(a, y, s, p, r, high) for a in "TC" for y in (0, cap) for s in (0, 1))
        for j, h in enumerate(BETS):
            capital[j] += min(
                sum(part * math.log1p(h * sign * z_per_good(a, y, s, p, r, claimed) / -worst) for a, y, s, part in parts)
                for claimed in (low, high)
            )
    return log_mean_exp(capital)


def answers(rng, count, mean, good):
    return [[amount, int(rng.random() < good)] for amount in amounts(rng, count, mean)]


epochs = [
    {"p": p, "cap": 1024, "T": answers(rng, 80, 300, 0.55), "C": answers(rng, 160, 260, 0.9)} for p in (0.3, 0.4)
]
vector("per_success.costs", {"epochs": epochs}, {"harm": per_good(epochs, 0, 1), "safe": per_good(epochs, 3.0, -1)})

# ---- Scores -----------------------------------------------------------------------------------------------------------------


def scored(epochs, margin, sign):
    zs, lowest = [], []
    for e in epochs:
        z = lambda arm, y: sign * ((1 / e["p"] if arm == "T" else -1 / (1 - e["p"])) * (y - e["centre"]) - margin)
        for arm in "TC":
            for y in e[arm]:
                zs.append(z(arm, y / 100))
                lowest.append(min(z(a, end) for a in "TC" for end in (0, 1)))
    return bets(zs, lowest)


def welch_of(epochs, prior):
    weights = [len(e["T"]) * len(e["C"]) / (len(e["T"]) + len(e["C"])) for e in epochs]
    worth = sum(weights)
    mean = lambda values: sum(values) / len(values)
    estimate = sum(w * (mean(e["T"]) - mean(e["C"])) for w, e in zip(weights, epochs)) / worth
    variances, freedoms = [], []
    for arm in "TC":
        squares = sum(sum((y - mean(e[arm])) ** 2 for y in e[arm]) for e in epochs)
        freedom = sum(len(e[arm]) - 1 for e in epochs) + 1
        pooled = (squares + prior) / freedom
        variances.append(sum(w * w * pooled / len(e[arm]) for w, e in zip(weights, epochs)))
        freedoms.append(freedom)
    both = sum(variances)
    df = both**2 / sum(v * v / f for v, f in zip(variances, freedoms))
    return {"estimate": estimate, "standard_error": math.sqrt(both) / worth, "df": df, "size": worth}


grades = lambda count, top: [min(100, max(0, round(rng.gauss(top, 20)))) for _ in range(count)]
epochs = [
    {"p": 0.25, "centre": 0.5, "T": grades(50, 45), "C": grades(130, 30)},
    {"p": 0.5, "centre": 0.31, "T": grades(70, 50), "C": grades(80, 35)},
]
parts = [{**e, "T": [y / 100 for y in e["T"]], "C": [y / 100 for y in e["C"]]} for e in epochs]
output = {"harm": scored(epochs, 0, 1), "strict": scored(epochs, 0.05, 1), "safe": scored(epochs, 0.4, -1)}
vector("scored.grades", {"epochs": epochs}, {**output, "contrast": welch_of(parts, 0.25)})

# ---- Groups of units: leave each out, and see what moves ---------------------------------------------------------------------


def one_sided(size, alpha):
    """Waudby-Smith et al., one-sided, in standard errors, tuned for a sample of 500."""
    tuned = 1 / (-2 * math.log(2 * alpha) + math.log(1 - 2 * math.log(2 * alpha)))
    t = size / 500 / tuned
    return math.sqrt(2 * (t + 1) / t * math.log(1 + math.sqrt(t + 1) / (2 * alpha)))


def student(z, f):
    """Wallace's approximation."""
    return math.sqrt(f * math.expm1((z * (8 * f + 3) / (8 * f + 1)) ** 2 / f))


def spread(moved):
    g = len(moved)
    squares = sum(b * b for b in moved)
    freedom = min(3 * squares**2 / sum(b**4 for b in moved), g) - 1
    return squares * g / (g - 1), max(freedom, 1)


def distance(groups, ratio, difference):
    """Of one epoch, and its weight; nothing where an arm is empty."""
    n_t, x_t, n_c, x_c = (sum(g[k] for g in groups) for k in range(4))
    return x_t / n_t - ratio * x_c / n_c - difference, n_t * n_c / (n_t + n_c)


def moved_by(epochs, ratio, difference):
    moved = [0.0] * len(epochs[0]["groups"])
    for e in epochs:
        whole, weight = distance(e["groups"], ratio, difference)
        for g in range(len(moved)):
            rest = e["groups"][:g] + e["groups"][g + 1 :]
            moved[g] += weight * (whole - distance(rest, ratio, difference)[0])
    return moved


def binomial(epochs, ratio, shares_of):
    variance = 0.0
    for e in epochs:
        n_t, x_t, n_c, x_c = (sum(g[k] for g in e["groups"]) for k in range(4))
        p, q = shares_of(n_t, x_t, n_c, x_c)
        weight = n_t * n_c / (n_t + n_c)
        variance += weight**2 * (p * (1 - p) / n_t + ratio**2 * q * (1 - q) / n_c)
    return variance


def contrast(epochs, ratio, difference, of_shares):
    worth = sum(distance(e["groups"], ratio, difference)[1] for e in epochs)
    estimate = sum(math.prod(distance(e["groups"], ratio, difference)) for e in epochs) / worth

    def at_the_hypothesis(n_t, x_t, n_c, x_c):
        q = min(1, max(0, (x_t + x_c - difference * n_t) / (ratio * n_t + n_c)))
        return min(1, max(0, ratio * q + difference)), q

    variance, freedom = spread(moved_by(epochs, ratio, difference))
    least = binomial(epochs, ratio, at_the_hypothesis) if of_shares else 0.0
    error = math.sqrt(max(variance, least)) / worth
    radius = error * student(one_sided(worth, 0.01), freedom)
    return {
        "estimate": estimate, "standard_error": error, "df": freedom, "size": worth,
        "lower": estimate - radius, "upper": estimate + radius,
    }


def split_off(epochs, alpha):
    """How far beyond its limit the excess is: above one is off."""
    count = len(epochs[0]["groups"])
    excess = [sum(e["groups"][g][0] - e["p"] * (e["groups"][g][0] + e["groups"][g][2]) for e in epochs) for g in range(count)]
    mean = sum(excess) / count
    variance, freedom = spread([u - mean for u in excess])
    requests = sum(g[0] + g[2] for e in epochs for g in e["groups"])
    return abs(sum(excess)) > math.sqrt(variance) * student(one_sided(requests, alpha / 2), freedom)


def clustered(epochs, ratio, sign):
    moved = moved_by(epochs, 1, 0)
    shown = spread(moved)[0] / binomial(epochs, 1, lambda n, x, m, y: (x / n, y / m))
    equal = lambda n, x, m, y: ((x + y) / (n + m),) * 2
    alike = [[0.0, 0.0] for _ in moved]
    for e in epochs:
        n_t, x_t, n_c, x_c = (sum(g[k] for g in e["groups"]) for k in range(4))
        share = equal(n_t, x_t, n_c, x_c)[0]
        deviation = n_t * n_c / (n_t + n_c) * math.sqrt(share * (1 - share))
        for g, group in enumerate(e["groups"]):
            alike[g][0] += deviation * group[0] / (n_t - group[0])
            alike[g][1] += deviation * group[2] / (n_c - group[2])
    most = sum(d * d for group in alike for d in group) / binomial(epochs, 1, equal)
    effect = max(1, min(shown, most))
    logs = []
    for g in LOG_RATIOS:
        log = 0.0
        for e in epochs:
            n_t, x_t, n_c, x_c = (sum(group[k] for group in e["groups"]) for k in range(4))
            q = n_t / (n_t + n_c)
            at = lambda r: q * r + 1 - q
            other = ratio * math.exp(sign * g)
            log += x_t * math.log(other / ratio) - (x_t + x_c) * math.log(at(other) / at(ratio))
        logs.append(log / effect)
    return {"log_e": log_mean_exp(logs), "effect": effect}


def users(rng, groups, p, bad_t, bad_c, prone):
    """[requests and bad ones on the candidate, the same on the baseline] by group."""
    out = []
    for _ in range(groups):
        requests = [rng.randint(3, 40) for _ in range(10)]
        sums = [0, 0, 0, 0]
        for n in requests:
            arm = rng.random() < p
            share = (bad_t if arm else bad_c) * (rng.expovariate(1) if prone else 1)
            x = sum(rng.random() < share for _ in range(n))
            sums[0 if arm else 2] += n
            sums[1 if arm else 3] += x
        out.append(sums)
    return out


rng = random.Random(2)
for name, groups, bad, prone in [("calm", 12, 0.08, False), ("prone", 24, 0.12, True), ("failing", 12, 0.9, False)]:
    epochs = [{"p": p, "groups": users(rng, groups, p, bad, 0.06, prone)} for p in (0.4, 0.5)]
    output = {
        "equal": contrast(epochs, 1, 0, True),
        "points": contrast(epochs, 1, 0.1, True),
        "per_cent": contrast(epochs, 1.5, 0, True),
        "amounts": contrast(epochs, 1.2, 0, False),
        "split": [split_off(epochs, 0.001), split_off([{**e, "p": e["p"] / 3} for e in epochs], 0.001)],
    }
    vector("contrast." + name, {"epochs": epochs}, output)
    output = {"harm": clustered(epochs, 1, 1), "strict": clustered(epochs, 1.25, 1), "safe": clustered(epochs, 1.5, -1)}
    vector("clustered." + name, {"epochs": epochs}, output)

# ---- Weighted sums of several arms -------------------------------------------------------------------------------------------


def linear_sum(spans, weights, least_of_one):
    estimate, information, independent, squares = 0.0, 0.0, 0.0, sum(w * w for w in weights)
    groups = len(spans[0][0])
    moved = [0.0] * groups
    for span in spans:
        count = [sum(g[0] for g in arm) for arm in span]
        mean = [sum(g[1] for g in arm) / n for arm, n in zip(span, count)]
        part = 1 / sum(w * w / n for w, n in zip(weights, count) if w)
        information += part
        estimate += part * sum(w * m for w, m in zip(weights, mean))
        independent += part**2 * sum(w * w * least_of_one(arm, groups) / n for w, arm, n in zip(weights, span, count) if w)
        for g in range(groups if groups > 1 else 0):
            without = [
                (sum(x[1] for x in arm) - arm[g][1]) / (sum(x[0] for x in arm) - arm[g][0]) for arm in span
            ]
            moved[g] += part * sum(w * (m - o) for w, m, o in zip(weights, mean, without))
    moved = [m / information for m in moved]
    return estimate / information, independent / information**2, moved, information * squares / 2


def linear(spans, lead_in, weights, least_of_one):
    estimate, least, moved, size = linear_sum(spans, weights, least_of_one)
    lost = 0
    if lead_in:
        before, _, moved_before, _ = linear_sum(lead_in, weights, least_of_one)
        slope = sum(a * b for a, b in zip(moved, moved_before)) / sum(b * b for b in moved_before)
        estimate -= slope * before
        moved = [a - slope * b for a, b in zip(moved, moved_before)]
        lost = 1
    if len(moved) > 1:
        variance, freedom = spread(moved)
        freedom = max(freedom - lost, 1)
    else:
        variance, freedom = 0.0, math.inf
    error = math.sqrt(max(variance, least))
    deviation = one_sided(size, 0.01)
    radius = error * (deviation if math.isinf(freedom) else student(deviation, freedom))
    found = {"estimate": estimate, "standard_error": error, "size": size, "lower": estimate - radius, "upper": estimate + radius}
    return found if math.isinf(freedom) else {**found, "df": freedom}


def of_share(arm, groups):
    share = (sum(g[1] for g in arm) + 1) / (sum(g[0] for g in arm) + 2)
    return share * (1 - share)


def of_amount(arm, groups):
    if groups > 1:
        return 0.0
    n, s, q = arm[0]
    return (q - s * s / n) / (n - 1)


def of_score(arm, groups):
    n, s, q = (sum(g[k] for g in arm) for k in range(3))
    return (q - s * s / n + 16 / 4) / n


rng = random.Random(3)


def span(groups, values, shift):
    arms = []
    for arm in range(3):
        arms.append([])
        for g in range(groups):
            seen = [values(rng, g, arm * shift) for _ in range(rng.randint(8, 30))]
            arms[-1].append([len(seen), sum(seen), sum(v * v for v in seen)])
    return arms


shares = lambda rng, g, more: int(rng.random() < 0.05 + 0.02 * (g % 5) + more)
costs = lambda rng, g, more: rng.randint(1, 40 + 10 * (g % 3)) + 30 * more
scores = lambda rng, g, more: min(5, max(1, rng.randint(1, 5) + (rng.random() < more)))
for name, values, least, groups in [
    ("share", shares, of_share, 16), ("amount", costs, of_amount, 16), ("score", scores, of_score, 16),
    ("share_alone", shares, of_share, 1), ("amount_alone", costs, of_amount, 1), ("score_alone", scores, of_score, 1),
]:
    spans, lead_in = [span(groups, values, 0.1) for _ in range(2)], [span(groups, values, 0)]
    output = {"pair": linear(spans, [], [-1, 0, 1], least), "three": linear(spans, [], [-0.5, 1, -0.5], least)}
    if groups > 1:
        output["adjusted"] = linear(spans, lead_in, [-1, 1, 0], least)
    vector("linear." + name, {"spans": spans, "lead_in": lead_in}, output)

# ---- The product's mixture of starts -----------------------------------------------------------------------------------------


def starts(epochs):
    """All starts of a race of HARM: 0.8 from the beginning, 2.4 / ((k + 11) (k + 12)) after k times five minutes."""
    density = [math.exp(-0.5 * (math.log(g / 0.75) / 0.75) ** 2) for g in LOG_RATIOS]
    bet_weights = [d / sum(density) for d in density]
    taken, total = set(), 0.0
    for first, e in enumerate(epochs):
        k = e["seconds"] // 300
        if k in taken:
            continue
        taken.add(k)
        weight = 0.8 if k == 0 else 2.4 / ((k + 11) * (k + 12))
        for g, bet_weight in zip(LOG_RATIOS, bet_weights):
            product = 1.0
            for later in epochs[first:]:
                p, x_t, x_c = later["p"], later["x_t"], later["x_c"]
                on_candidate = p * math.exp(g) / (p * math.exp(g) + 1 - p)
                product *= (on_candidate / p) ** x_t * ((1 - on_candidate) / (1 - p)) ** x_c
            total += weight * bet_weight * product
    return math.log(total)


calm = [{"seconds": s, "p": p, "x_t": x, "x_c": y} for s, p, x, y in [(0, 0.05, 1, 12), (120, 0.05, 0, 9), (301, 0.1, 2, 17)]]
late = [{"seconds": s, "p": p, "x_t": x, "x_c": y} for s, p, x, y in [(640, 0.1, 1, 11), (900, 0.25, 9, 14), (2700, 0.25, 12, 13)]]
vector("starts.calm", {"epochs": calm}, starts(calm))
vector("starts.late", {"epochs": calm + late}, starts(calm + late))

print("[\n" + ",\n".join("  " + json.dumps(v) for v in vectors) + "\n]")
