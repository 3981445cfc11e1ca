"""What a store holds of a study: arms, trials, per-sample records, histories."""
