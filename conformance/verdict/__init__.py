"""From failed and passed statements to what is concluded: results, judgement, deviations, evidence, diagnosis."""
