# Reads the journal that `cambium sweep` writes with Optuna itself, and prints its studies as JSON:
#   python tools/golden/optuna_journal.py SWEEP/optuna.log
import json
import sys

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

optuna.logging.set_verbosity(optuna.logging.WARNING)
storage = JournalStorage(JournalFileBackend(sys.argv[1]))
print(
    json.dumps(
        [
            {
                "study": summary.study_name,
                "trials": [
                    {
                        "state": trial.state.name,
                        "value": trial.value,
                        "params": trial.params,
                        "attributes": trial.user_attrs,
                    }
                    for trial in optuna.load_study(study_name=summary.study_name, storage=storage).trials
                ],
            }
            for summary in optuna.get_all_study_summaries(storage)
        ],
        indent=2,
    )
)
