"""The model as MLflow runs it: code plus a model folder, nothing unpickled.

MLflow reads this file when it logs and loads a model.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

import stance
from stance.core.formatting import json_line

COLUMNS = {"stance": object, "score": float, "abstained": bool}


class StanceModel(PythonModel):
    """From rows with ``text`` (and ``cue``, ``context``, ``id``) to one answer each.

    An answer has stance, score, abstained, and the whole prediction as JSON. Parameters of a call
    are ``abstain_at`` and ``sets`` (0: none), as in `stance.Model.predict_many`.
    """

    def load_context(self, context: Any) -> None:
        """Read the model folder that was logged with the run."""
        self._model = stance.load(Path(context.artifacts["model"]))

    def predict(
        # mlflow's signature
        self,
        context: Any,  # noqa: ARG002 - mlflow's signature
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Predict every row, in order."""
        asked = params or {}
        table = model_input.astype(object).where(model_input.notna(), None)
        rows = [
            {str(name): value for name, value in row.items()} for row in table.to_dict("records")
        ]
        for row in rows:
            # Whole numbers become floats where pandas found one missing among them.
            if isinstance(row.get("id"), float) and row["id"].is_integer():
                row["id"] = int(row["id"])
        found = [
            one.to_dict()
            for one in self._model.predict_many(
                rows, abstain_at=asked.get("abstain_at", 0.0), sets=asked.get("sets") or None
            )
        ]
        # As objects: in pandas' own texts a missing stance is NaN, which MLflow would write into
        # its answers, and which is no JSON.
        answer = pd.DataFrame(
            {
                name: pd.Series([one[name] for one in found], dtype=kind)
                for name, kind in COLUMNS.items()
            }
        )
        answer["prediction"] = [json_line(one).rstrip("\n") for one in found]
        return answer


set_model(StanceModel())
