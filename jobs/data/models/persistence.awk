# As it was last year.
END { printf "%.6f\n", $2 }
