"""What users of other tools write, and what it is called here.

Nearness of letters alone would answer ``epochs`` with ``reports``.
"""

from __future__ import annotations

from collections.abc import Mapping

EPOCHS = "epochs"
"""Another way of saying steps, so that it is a key beside the settings of a trial."""
RECIPE = "recipe"
"""Names settings that are laid under those beside it, so that it is such a key too."""

_TRIAL: Mapping[str, tuple[str, ...]] = {
    "steps": (
        *("max_steps", "num_steps", "train_steps", "iterations", "iters", "max_iter"),
        *("num_iterations", "total_steps"),
    ),
    EPOCHS: ("epochs", "epoch", "num_epochs", "n_epochs", "max_epochs", "num_train_epochs"),
    "batch_size": ("batch", "bs", "batchsize", "train_batch_size", "minibatch"),
    "reports": ("eval_every", "log_every", "log_interval", "eval_interval", "evaluations"),
    "precision": ("amp", "fp16", "bf16", "dtype", "mixed_precision", "half"),
    "dataset": ("data", "datasets", "data_set"),
    "network": ("model", "net", "arch", "architecture", "backbone", "models"),
    "network.width": ("width_multiplier", "width_mult"),
    "loss": ("criterion", "loss_fn", "objective_function", "loss_function"),
    "incay": ("regularizer", "regulariser", "penalty", "regularization", "reg"),
    "incay.weight": ("lambda", "lam", "lambda_", "incay_weight", "reg_weight", "λ"),
    "incay.threshold": ("norm_threshold", "tau"),
    "optimizer": ("optim", "optimiser", "opt"),
    "optimizer.lr": ("lr", "learning_rate", "learningrate", "base_lr", "lr0", "initial_lr", "eta"),
    "optimizer.weight_decay": ("weight_decay", "wd", "decay", "l2", "mu", "weightdecay"),
    "optimizer.momentum": ("momentum", "beta1"),
    "optimizer.epsilon": ("eps",),
    "optimizer.smoothing": ("alpha",),
    "optimizer.clip_norm": (
        *("grad_clip", "gradient_clip_val", "max_grad_norm", "clip_grad_norm", "clip"),
        "clip_grad",
    ),
    "optimizer.accumulate": (
        *("gradient_accumulation_steps", "accumulate_grad_batches", "grad_accum", "accumulation"),
    ),
    "schedule.warmup": ("warmup", "warmup_steps", "warmup_epochs", "warmup_ratio", "warm_up"),
    "schedule.floor": ("eta_min", "min_lr", "lr_min"),
    "schedule": ("scheduler", "lr_scheduler", "lr_schedule"),
    "schedule.milestones": ("milestones", "lr_steps", "step_size"),
    "schedule.factor": ("gamma", "lr_decay", "lr_gamma", "drop_factor"),
    "augment": ("augmentation", "augmentations", "transforms", "transform"),
    "augment.horizontal_flip": ("flip", "hflip", "horizontal_flip"),
    "augment.crop_padding": ("crop", "padding", "random_crop"),
    "augment.resized_crop": ("random_resized_crop", "rrc"),
    "augment.jitter": ("color_jitter", "colour_jitter", "colorjitter"),
    "augment.policy": ("randaugment", "rand_augment", "trivialaugment", "auto_augment"),
    "augment.erasing": ("random_erasing", "cutout", "random_erase"),
    "augment.mix": ("mixup", "cutmix"),
    "preprocess": ("preprocessing", "whitening", "normalize", "normalization"),
    "loss.smoothing": ("label_smoothing", "smooth"),
    "average": ("ema", "swa", "ema_decay", "weight_averaging", "averaging", "model_ema"),
    "early_stopping": ("early_stop", "earlystopping"),
    "network.dropout": ("dropout", "drop_rate", "dropout_rate"),
    RECIPE: ("preset", "recipes", "presets"),
    "split.validation": ("validation", "val_split", "val", "validation_split", "valid"),
}
"""A trial's settings, by dotted name."""

_STUDY: Mapping[str, tuple[str, ...]] = {
    "confirm.seeds": ("seeds", "n_seeds", "num_seeds", "replicates", "repeats", "runs", "repeat"),
    "seed": ("random_state", "random_seed", "manual_seed"),
    "budget.trials": ("trials", "n_trials", "num_trials", "num_samples", "n_iter", "max_evals"),
    "budget.sampler": ("sampler", "algorithm", "search_alg", "method", "strategy"),
    "budget.pruner": ("pruner", "early_terminate"),
    "budget.seconds": ("timeout", "time_budget", "time_budget_s", "max_time"),
    "budget.parallel": ("n_jobs", "max_concurrent", "concurrency", "max_concurrent_trials"),
    "objective": ("goal", "target"),
    "objective.metric": ("metric", "monitor"),
    "objective.mode": ("mode", "direction"),
    "search": ("space", "search_space", "parameters", "param_space", "params", "hyperparameters"),
    "arms": ("methods", "variants", "experiments", "configs", "treatments", "arm"),
    "base": ("defaults", "default", "common", "config", "shared", "settings", "training", "train"),
    "baseline": ("reference", "control"),
    "question": ("description", "hypothesis", "title"),
    "name": ("study", "study_name", "id", "experiment_name"),
    "resources.cpu": ("cpu", "cpus", "num_cpus", "num_workers"),
    "resources.gpu": ("gpu", "gpus", "num_gpus", "device", "cuda", "devices"),
}
"""The study's own keys, by dotted name."""

_COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "softmax": ("none", "ce", "xent", "crossentropy", "cross_entropy", "cross_entropy_loss", "nll"),
    "cosface": ("am_softmax", "amsoftmax", "additive_margin", "lmcl"),
    "a-softmax": ("sphereface", "angular", "asoftmax"),
    "l-softmax": ("large_margin", "large_margin_softmax", "lsoftmax"),
    "temperature-softmax": ("temperature", "temperature_scaling", "tempered_softmax"),
    "logitnorm": ("logit_norm", "logit_normalization", "logit_normalisation"),
    "maxsup": ("max_sup", "max_suppression"),
    "etf": ("fixed_etf", "simplex_etf", "etf_classifier", "dot_regression"),
    "curricularface": ("curricular", "curricular_face"),
    "subcenter-arcface": ("sub_center_arcface", "subcenter", "sub_center"),
    "circle": ("circle_loss", "circleloss"),
    "magface": ("mag_face", "magloss"),
    "adaface": ("ada_face",),
    "sphereface2": ("sphere_face_2",),
    "arcface": ("aam_softmax", "additive_angular_margin", "insightface"),
    "center": ("center_loss", "centerloss"),
    "spherenet-20": ("sphere20", "sphereface20"),
    "spherenet-64": ("sphere64", "sphereface64"),
    "adamw": ("adam_w",),
    "rmsprop": ("rms_prop", "rms"),
    "step": ("multistep", "multisteplr", "multi_step", "steplr"),
    "plateau": ("reduce_lr_on_plateau", "reducelronplateau"),
    "cosine": ("cosine_annealing", "cosineannealinglr", "sgdr"),
    "one_cycle": ("onecycle", "onecyclelr", "1cycle"),
    "polynomial": ("poly", "polynomiallr"),
    "constant": ("fixed", "constantlr"),
}
"""Losses, networks, optimisers and schedules."""

OF_STUDY = {name.partition(".")[0] for name in _STUDY}
COMPONENT = {word: name for name, words in _COMPONENTS.items() for word in words}
TRIAL = {word: name for name, words in _TRIAL.items() for word in words}
STUDY = {word: name for name, words in _STUDY.items() for word in words}


def plain(word: str) -> str:
    """Return a word as the tables have it: small, with underscores."""
    return word.lower().replace("-", "_").replace(" ", "_")
