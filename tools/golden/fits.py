"""Writes packages/scaling/test/golden-fits.json: tables of runs of different kinds and scale, and where scipy's
minimisers end on them. Each problem is stated here anew from the formula: Huber's loss (delta 1e-3) of ln L."""
import json
import sys
import numpy as np
from scipy.optimize import minimize

random = np.random.default_rng(7)
delta = 1e-3


def huber(r):
    r = np.abs(r)
    return float(np.sum(np.where(r <= delta, r * r / 2, delta * (r - delta / 2))))


def lowest(objective, starts):
    """The best of many starts, each polished until two methods in turn gain nothing more."""
    best = None
    for start in starts:
        x = np.array(start, float)
        value = np.inf
        for _ in range(40):
            for method, options in (("BFGS", {"gtol": 1e-13}), ("Nelder-Mead", {"xatol": 1e-12, "fatol": 1e-18, "maxiter": 6000, "maxfev": 6000, "adaptive": True})):
                x = minimize(objective, x, method=method, options=options).x
            if not objective(x) < value * (1 - 1e-11):
                break
            value = objective(x)
        if best is None or objective(x) < objective(best):
            best = x
    return best


def noisy(loss, noise, outliers=()):
    loss = loss * np.exp(noise * random.standard_normal(len(loss)))
    for i in outliers:
        loss[i] *= 1.02
    return loss


def rows(groups):
    return [[name, *map(float, x), float(y)] for name, xs, ys in groups for x, y in zip(xs, ys)]


def power(name, spec, e, scale, noise, outliers=()):
    """spec: group -> (costs, E, A, gamma); e: the value of --e."""
    groups = []
    for at, (group, (costs, E, A, gamma)) in enumerate(spec.items()):
        costs = np.array(costs, float)
        groups.append((group, [[c] for c in costs], noisy(E + A * (costs / scale) ** -gamma, noise, outliers if at == 0 else ())))
    data = {g: (np.log([x[0] for x in xs]), np.log(ys)) for g, xs, ys in groups}
    centre = np.log(scale)

    def predict(logC, lnE, a, g):
        return np.logaddexp(lnE, a - g * (logC - centre))

    def fit(names, lnE=None):
        free = lnE is None

        def objective(p):
            k = 1 if free else 0
            total = 0.0
            for i, n in enumerate(names):
                total += huber(data[n][1] - predict(data[n][0], p[0] if free else lnE, p[k + 2 * i], p[k + 2 * i + 1]))
            return total

        low = min(np.exp(data[n][1]).min() for n in names)
        starts = []
        for share in (0.2, 0.5, 0.8, 0.95) if free else (0,):
            start = [np.log(share * low)] if free else []
            for n in names:
                floor_ = share * low if free else (np.exp(lnE) if np.isfinite(lnE) else 0)
                g, a = np.polyfit(data[n][0] - centre, np.log(np.maximum(np.exp(data[n][1]) - floor_, 1e-3)), 1)
                start += [a, -g]
            starts.append(start)
        p = lowest(objective, starts)
        k = 1 if free else 0
        E = float(np.exp(p[0] if free else lnE))
        return {n: {"A": float(np.exp(p[k + 2 * i])), "gamma": float(p[k + 2 * i + 1]), "E": E} for i, n in enumerate(names)}, objective(p)

    names = list(data)
    if e == "shared":
        answer, value = fit(names)
    else:
        answer, value = {}, 0.0
        named = e.split(":")[1] if e.startswith("group:") else None
        lnE = None if e == "free" else -np.inf
        if named:
            first, v = fit([named])
            answer.update(first)
            value += v
            lnE = np.log(first[named]["E"])
        for n in names:
            if n != named:
                one, v = fit([n], lnE)
                answer.update(one)
                value += v
    return {"name": name, "form": "power", "e": e, "scale": scale, "rows": rows(groups), "answer": answer, "objective": value}


def chinchilla(name, N, D, law, noise, outliers=()):
    E, A, alpha, B, beta = law
    N, D = np.array(N), np.array(D)
    L = noisy(E + A * N**-alpha + B * D**-beta, noise, outliers)
    n0, d0 = np.log(N).mean(), np.log(D).mean()
    n, d, y = np.log(N) - n0, np.log(D) - d0, np.log(L)

    def objective(p):
        return huber(y - np.logaddexp(np.logaddexp(p[0], p[1] - p[2] * n), p[3] - p[4] * d))

    low = np.log(L.min())
    starts = [[low - 0.3, low - 1.5, a, low - 1.5, b] for a in (0.2, 0.5) for b in (0.2, 0.5)]
    p = lowest(objective, starts)
    answer = {"E": np.exp(p[0]), "A": np.exp(p[1] + p[2] * n0), "alpha": p[2], "B": np.exp(p[3] + p[4] * d0), "beta": p[4]}
    table = rows([("all", list(zip(N, D)), L)])
    return {"name": name, "form": "chinchilla", "rows": table, "answer": {"all": {k: float(v) for k, v in answer.items()}}, "objective": objective(p)}


def quadratic(name, x, y, form):
    at = np.log10(x) if form == "isoflop" else x
    p = np.polyfit(at, y, 2)
    m = -p[1] / (2 * p[0])
    return {"name": name, "form": form, "rows": rows([("1e18" if form == "isoflop" else "d8", [[v] for v in x], y)]),
            "answer": {"minimum": float(10**m if form == "isoflop" else m), "loss": float(np.polyval(p, m)), "bend": float(p[0])}}


ladder = lambda low, high, count: np.geomspace(low, high, count)
budgets = np.repeat(ladder(1e17, 1e22, 8), 16)
sizes = np.tile(ladder(0.03, 3, 16), 8) * np.sqrt(budgets / 6 / 20)
small = np.repeat(ladder(1e13, 1e16, 5), 6)
tiny = np.tile(ladder(0.2, 5, 6), 5) * np.sqrt(small / 6 / 20)
shares = np.linspace(0.1, 0.9, 9)
choices = ladder(3e7, 3e9, 7)
tables = [
    power("a ladder of big runs", {"plain": (ladder(1e18, 1e22, 9), 1.8, 0.9, 0.15)}, "free", 1e20, 2e-3),
    power("two arms of small runs", {"plain": (ladder(1e13, 1e15, 6), 1.4, 1.6, 0.12), "grown": (ladder(2e13, 2e15, 6), 1.4, 1.45, 0.13)}, "shared", 1e14, 2e-3),
    power("three arms, an outlier", {"a": (ladder(1e16, 1e19, 7), 2, 0.8, 0.2), "b": (ladder(1e16, 1e19, 7), 2, 0.7, 0.21), "c": (ladder(1e16, 1e19, 7), 2, 0.6, 0.18)}, "shared", 1e17, 1e-3, (3,)),
    power("no floor", {"x": (ladder(1e19, 1e21, 5), 0, 2.6, 0.05), "y": (ladder(1e19, 1e21, 5), 0, 2.5, 0.06)}, "zero", 1e20, 7e-4),
    power("the floor of one", {"ref": (ladder(1e15, 1e19, 9), 1.6, 1.1, 0.17), "new": (ladder(1e15, 1e17, 4), 1.6, 1.0, 0.18)}, "group:ref", 1e16, 2e-3),
    chinchilla("a surface of big runs", sizes, budgets / 6 / sizes, (1.69, 406.4, 0.34, 410.7, 0.28), 3e-3, (5, 60, 100)),
    chinchilla("a surface of small runs", tiny, small / 6 / tiny, (1.5, 20, 0.25, 60, 0.3), 5e-4),
    quadratic("shares", shares, 3 + 0.2 * (shares - 0.55) ** 2 + 1e-3 * random.standard_normal(9), "timing"),
    quadratic("one budget", choices, 2.6 + 0.15 * (np.log10(choices) - 8.6) ** 2 + 2e-3 * random.standard_normal(7), "isoflop"),
]
json.dump({"delta": delta, "tables": tables}, open(sys.argv[1], "w"), separators=(",", ":"))
