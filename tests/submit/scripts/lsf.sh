#!/bin/bash
# Made by: fanfold submit jobs/pi.toml
#BSUB -J pi
#BSUB -n 2
#BSUB -R "span[ptile=1]"
#BSUB -x
#BSUB -W 0:01
#BSUB -o pi.run.log
#BSUB -r
#BSUB -Q "99"

cd /home/ada/pi || exit 2
fanfold=/opt/fanfold/bin/fanfold
run=pi.run
export OMPI_MCA_orte_default_hostfile=$LSB_DJOB_HOSTFILE

# How many tasks the run file has.
recorded() {
  local count
  count=$("$fanfold" status "$run" --json 2>/dev/null | grep -o '"finished":[0-9]*' | head -n 1)
  count=${count#*:}
  echo "${count:-0}"
}

# Asks the run to stop: it starts no more tasks, and ends with 75 when those that run have ended. It is asked
# once more after $1 seconds: then it gives them up.
stop() {
  signalled=yes
  [ -n "$launcher" ] || return
  kill -USR1 "$launcher"
  (sleep "$1"; kill -USR1 "$launcher") >/dev/null 2>&1 &
}

# USR1: the time of this allocation is nearly over. TERM, USR2: somebody cancels the job.
launcher=
again=yes
trap 'stop 5' USR1
trap 'again=no; stop 1' TERM USR2

before=$(recorded)
"$fanfold" run -n 2 --run "$run" --walltime $((60 - SECONDS)) jobs/pi.toml &
launcher=$!
signalled=yes
while [ $signalled = yes ]; do # a signal ends the waiting, not the run
  signalled=no
  wait "$launcher"
  status=$?
done

trap '' USR1 # nothing runs any more that could be asked to stop
case $status in
  0 | 1 | 2) exit $status ;; # it ended, or cannot be run
esac
[ $again = yes ] || exit $status
after=$(recorded)
if [ "$after" -le "$before" ]; then
  echo "$run: exit status $status and no task more than the $before before: not queued again" >&2
  exit $status
fi
echo "$run: exit status $status, $after tasks recorded, $before before: queued again" >&2
exit 99 # LSF queues the job again
