// Huge angles modulo pi/2, for the SIMD trigonometric functions.
#pragma once

namespace fanfold {

/// An angle as quadrant * pi/2 + high + low, where |high + low| <= pi/4, |low| <= 2^-52 |high|, and the
/// quadrant is 0, 1, 2 or 3 (the number of quarter turns modulo 4).
struct ReducedAngle {
  double high;
  double low;
  int quadrant;
};

/// Reduces an angle to within a relative error of 2^-64 (Payne & Hanek: Radian reduction for trigonometric
/// functions, SIGNUM Newsletter 1983). In integers throughout, so that it has the same bits everywhere.
/// Precondition: x is finite and 2^40 <= |x|.
ReducedAngle reduce_huge_angle(double x);

}  // namespace fanfold
