// What a run directory holds, as schemas; their types are the contract between `run`, which writes, and every reader.
//
//   runs/NAME/
//     recipe.yaml            the recipe as resolved (every default written out)
//     run.json               RunManifest, rewritten atomically when the run starts and ends
//     stages/ID/             one stage, cached by content: ID = name + hash of all that decides its bits
//       stage.json           the stage itself: everything that decides its bits (`parseStage` of @cambium/recipe)
//       record.json          StageManifest
//       metrics.jsonl        a MetricsRow per optimizer step
//       evaluation.json      StageEvaluation: results of the final model on evaluation tasks
//       evaluation/          scores of each sequence, by task
//       depth.json           StageDepth: how much of its depth the final model uses
//       model/               Hugging Face directory of the stage's final model
//       snapshot/            latest training snapshot
//     seeds/SEED/            the run of a further seed, a run directory of its own
//     tensorboard/ARM/       the metrics of each arm for TensorBoard
//     report.html
export * from "./metrics-row.js";
export * from "./run-manifest.js";
export * from "./stage-depth.js";
export * from "./stage-evaluation.js";
export * from "./stage-manifest.js";
