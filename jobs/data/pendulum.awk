# x'' = -x from x = 1, v = 0, over ten periods: afterwards x should be 1 again.
BEGIN {
  h = 20 * 3.14159265358979 / steps
  x = 1
  v = 0
  for (i = 0; i < steps; i++) {
    if (method == "euler") {
      a = -x
      x += h * v
      v += h * a
    } else if (method == "symplectic") {
      v -= h * x
      x += h * v
    } else {
      xm = x + h / 2 * v
      vm = v - h / 2 * x
      x += h * vm
      v -= h * xm
    }
  }
  printf "method=%s steps=%d\n", method, steps
  printf "error=%.9e\n", (x > 1 ? x - 1 : 1 - x)
}
