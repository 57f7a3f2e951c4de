# The mean of all years.
NR > 1 { sum += $2; years++ }
END { printf "%.6f\n", sum / years }
