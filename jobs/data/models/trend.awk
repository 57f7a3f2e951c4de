# The straight line through all years (least squares), one year further.
NR > 1 { n++; x = $1; y = $2; sx += x; sy += y; sxx += x * x; sxy += x * y }
END {
  slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
  printf "%.6f\n", sy / n + slope * (x + 1 - sx / n)
}
