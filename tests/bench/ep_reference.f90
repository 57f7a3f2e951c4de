! The benchmark EP by the specification of NPB 3.4, one process, number after number: what the kernel `ep` is measured
! against. Prints the sums, millions of random numbers per second (as NPB counts operations) and the counts.
!
!   gfortran -O3 -march=native -ffast-math -o ep_reference tests/bench/ep_reference.f90 && ./ep_reference 28
!
! The argument is the logarithm of the number of pairs: 24 for class S, 25 for W, 28 for A.
program ep
  implicit none
  integer, parameter :: dp = kind(1d0), nk = 65536
  real(dp), parameter :: r23 = 0.5d0**23, r46 = r23*r23, t23 = 2d0**23, t46 = t23*t23, a = 1220703125d0, s = 271828183d0
  real(dp) :: x(2*nk), q(0:9), an, seed, dum, x1, x2, t1, t2, t3, t4, sx, sy
  integer :: m, i, l
  integer(8) :: k, nn, c0, c1, rate
  character(8) :: arg
  call get_command_argument(1, arg); read(arg,*) m
  nn = 2_8**(m-16)
  call system_clock(c0, rate)
  an = a
  do i = 1, 17
    call next(an, an, dum)
  end do
  q = 0; sx = 0; sy = 0
  do k = 0, nn-1
    seed = s
    call jump(seed, an, k)
    call fill(2*nk, seed, x)
    do i = 1, nk
      x1 = 2*x(2*i-1) - 1; x2 = 2*x(2*i) - 1
      t1 = x1**2 + x2**2
      if (t1 <= 1) then
        t2 = sqrt(-2*log(t1)/t1)
        t3 = x1*t2; t4 = x2*t2
        l = int(max(abs(t3), abs(t4)))
        q(l) = q(l) + 1; sx = sx + t3; sy = sy + t4
      end if
    end do
  end do
  call system_clock(c1)
  write(*,'(2es24.15,f10.1,a)') sx, sy, 2d0**(m+1)/(dble(c1-c0)/dble(rate))/1d6, ' Mop/s'
  write(*,'(10f13.0)') q
contains
  subroutine next(x, a, r)   ! x = a*x mod 2^46
    real(dp), intent(inout) :: x
    real(dp), intent(in) :: a
    real(dp), intent(out) :: r
    real(dp) :: a1, a2, x1, x2, z, t
    a1 = aint(r23*a); a2 = a - t23*a1
    x1 = aint(r23*x); x2 = x - t23*x1
    t = a1*x2 + a2*x1
    z = t - t23*aint(r23*t)
    t = t23*z + a2*x2
    x = t - t46*aint(r46*t)
    r = r46*x
  end subroutine
  subroutine fill(n, x, y)
    integer, intent(in) :: n
    real(dp), intent(inout) :: x
    real(dp), intent(out) :: y(n)
    real(dp) :: a1, a2, x1, x2, z, t
    integer :: i
    a1 = aint(r23*a); a2 = a - t23*a1
    do i = 1, n
      x1 = aint(r23*x); x2 = x - t23*x1
      t = a1*x2 + a2*x1
      z = t - t23*aint(r23*t)
      t = t23*z + a2*x2
      x = t - t46*aint(r46*t)
      y(i) = r46*x
    end do
  end subroutine
  subroutine jump(x, an, k)
    real(dp), intent(inout) :: x
    real(dp), intent(in) :: an
    integer(8), intent(in) :: k
    real(dp) :: b, r
    integer(8) :: n
    b = an; n = k
    do while (n > 0)
      if (mod(n, 2_8) == 1) call next(x, b, r)
      call next(b, b, r); n = n/2
    end do
  end subroutine
end program
