"""What a sweep tries: its file, and its trials in a database that outlives the process."""

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Discriminator, Field, Tag, model_validator

from stance.core.errors import ConfigError, DataError, gather
from stance.core.files import read_text
from stance.core.paths import display_path, home
from stance.experiments.config import Experiment, read_experiment, with_values
from stance.experiments.config_files import Strict, line_of, read_checked

if TYPE_CHECKING:
    import optuna


class Range(Strict):
    """Numbers from low to high.

    ``log`` is for numbers that are compared by their ratio, ``whole`` for counts.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    @model_validator(mode="after")
    def _upwards(self) -> "Range":
        if self.low >= self.high or (self.log and self.low <= 0):
            raise ValueError(
                f"low {self.low:g}, high {self.high:g}: expected low below high"
                + (", both above 0" if self.log else "")
            )
        return self


def _is_range(given: Any) -> str:
    return "range" if isinstance(given, dict | Range) else "list"


class Sweep(Strict):
    """One experiment and the settings of it that are tried."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,60}$")
    question: str = Field(min_length=10)
    base: str = Field(
        description="the experiment that is varied, a path in the project", min_length=1
    )
    trials: int = Field(ge=2, le=1000)
    sampler: Literal["tpe", "random", "grid"] = "tpe"
    folds: int = Field(default=4, ge=2, le=20)
    seed: int = Field(default=13, ge=0, lt=2**32)
    choices: dict[
        str,
        Annotated[
            Annotated[list[Any], Tag("list")] | Annotated[Range, Tag("range")],
            Discriminator(_is_range),
        ],
    ] = Field(min_length=1, description="a setting's path, and a list of values or a range")

    @model_validator(mode="after")
    def _choosable(self) -> "Sweep":
        for path, options in self.choices.items():
            if isinstance(options, Range) and self.sampler == "grid":
                raise ValueError(
                    f"{path} is a range, and a grid takes lists; give a list, or sampler = 'tpe'"
                )
            if isinstance(options, list) and len(options) < 2:
                raise ValueError(
                    f"{path} has {len(options)} value{'s' * (len(options) != 1)}, expected two or "
                    "more to choose among"
                )
        return self


def read_sweep(path: Path) -> tuple[Sweep, Experiment]:
    """Read a sweep and the experiment it varies, and check that every choice is a setting of it.

    Raises
    ------
    ConfigError
        With all faults at once.
    """
    sweep = read_checked(path, Sweep)
    base = read_experiment(home() / sweep.base)
    faults = []
    text = read_text(path)
    for key, options in sweep.choices.items():
        for value in _extremes(options):
            try:
                with_values(base, {key: value})
            except ConfigError as fault:
                faults.append(
                    f"{display_path(path)}:{line_of(text, ['choices', key])}: choices: {fault}"
                )
    gather(list(dict.fromkeys(faults)), ConfigError)
    return sweep, base


def _extremes(options: list[Any] | Range) -> list[Any]:
    if isinstance(options, list):
        return options
    return [int(value) if options.whole else value for value in (options.low, options.high)]


class Trials:
    """The trials of a sweep, kept in a database of Optuna's (no pickle in it).

    With it, an interrupted sweep continues where it stopped.

    Parameters
    ----------
    path
        The database.
    """

    def __init__(self, sweep: Sweep, path: Path) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.sweep = sweep
        self.storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
        self.study = optuna.create_study(
            study_name=sweep.name, storage=self.storage, direction="maximize", load_if_exists=True
        )

    @property
    def n_wanted(self) -> int:
        """Return how many trials there will be: a small grid has fewer than asked for."""
        if self.sweep.sampler != "grid":
            return self.sweep.trials
        return min(self.sweep.trials, len(self._grid()))

    def next(self, n: int) -> "list[tuple[optuna.trial.Trial, dict[str, Any]]]":
        """Return up to ``n`` trials to do, with their settings.

        First come those that an interrupted process left undone, then new ones. The list is empty
        when all are done.
        """
        import optuna

        left = [
            one
            for one in self.study.get_trials(deepcopy=False)
            if one.state == optuna.trial.TrialState.RUNNING
        ]
        batch = []
        for one in left[:n]:
            self.study.sampler = self._sampler(one.number)
            trial = optuna.trial.Trial(self.study, one._trial_id)
            batch.append((trial, self.values(trial)))
        while (
            len(batch) < n
            and (number := len(self.study.get_trials(deepcopy=False))) < self.n_wanted
        ):
            self.study.sampler = self._sampler(number)
            trial = self.study.ask()
            batch.append((trial, self.values(trial)))
        return batch

    def _sampler(self, number: int) -> "optuna.samplers.BaseSampler":
        import optuna

        # A seed of its own per trial: an interrupted sweep draws the same settings as one that ran
        # through.
        seed = self.sweep.seed + number
        if self.sweep.sampler != "tpe":
            return optuna.samplers.RandomSampler(seed=seed)
        return optuna.samplers.TPESampler(
            seed=seed, constant_liar=True, n_startup_trials=max(4, self.sweep.trials // 4)
        )

    def _grid(self) -> list[dict[str, Any]]:
        """Return every combination of the choices, in an order drawn by the seed."""
        values = [_extremes(options) for options in self.sweep.choices.values()]
        whole = [
            dict(zip(self.sweep.choices, combination, strict=True))
            for combination in itertools.product(*values)
        ]
        return [whole[k] for k in np.random.default_rng(self.sweep.seed).permutation(len(whole))]

    def values(self, trial: "optuna.trial.Trial") -> dict[str, Any]:
        """Return the settings of a trial, drawing those that it does not have yet."""
        if self.sweep.sampler == "grid":
            # Optuna's GridSampler stops the study itself, which only Study.optimize understands.
            return self._grid()[trial.number]
        out: dict[str, Any] = {}
        for path, options in self.sweep.choices.items():
            if isinstance(options, list):
                out[path] = json.loads(
                    trial.suggest_categorical(path, [json.dumps(one) for one in options])
                )
            elif options.whole:
                out[path] = trial.suggest_int(
                    path, int(options.low), int(options.high), log=options.log
                )
            else:
                # As many digits as a person reads; the value that is logged is the one that was
                # tried.
                out[path] = float(
                    f"{trial.suggest_float(path, options.low, options.high, log=options.log):.4g}"
                )
        return out

    def known(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the result of a finished trial with the same settings, if there is one."""
        for one in self.study.get_trials(deepcopy=False):
            if one.state.is_finished() and one.user_attrs.get("values") == values:
                return {
                    **one.user_attrs["result"],
                    "same_as": one.user_attrs["result"].get("same_as", one.number),
                }
        return None

    def tell(
        self, trial: "optuna.trial.Trial", values: dict[str, Any], result: dict[str, Any]
    ) -> None:
        """Keep the result of a trial; with its score it is done."""
        import optuna

        trial.set_user_attr("values", values)
        trial.set_user_attr("result", result)
        if "f1" in result:
            self.study.tell(trial, result["f1"])
        else:
            self.study.tell(trial, state=optuna.trial.TrialState.FAIL)

    def table(self) -> pd.DataFrame:
        """Return all finished trials, one row each.

        The columns are ``trial, f1, coarse, sd, seconds, same_as, fault`` and one per choice.
        """
        rows = []
        for one in self.study.get_trials(deepcopy=False):
            if one.state.is_finished():
                result = one.user_attrs["result"]
                figures = {
                    key: result.get(key)
                    for key in ("f1", "coarse", "sd", "seconds", "same_as", "fault")
                }
                values = {
                    key: value if isinstance(value, int | float | str | bool) else json.dumps(value)
                    for key, value in one.user_attrs["values"].items()
                }
                rows.append({"trial": one.number, **figures, **values})
        return pd.DataFrame(rows)

    def best(self) -> tuple[dict[str, Any], float]:
        """Return the settings of the best trial and its score; among equals the earliest.

        Raises
        ------
        DataError
            If no trial could be fitted.
        """
        done = [one for one in self.study.get_trials(deepcopy=False) if one.value is not None]
        if not done:
            faults = list(self.table()["fault"])
            raise DataError(
                f"{self.sweep.name}: none of {len(faults)} trials could be fitted; the first said "
                f"{faults[0]}"
            )
        found = max(done, key=lambda one: (one.value, -one.number))
        return dict(found.user_attrs["values"]), float(found.value or 0.0)
