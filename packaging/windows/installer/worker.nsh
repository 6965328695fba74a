; The worker that Task Scheduler keeps running: it has no window to close, so that setup stops and starts it itself.

!macro SCHTASKS ARGUMENTS
  nsExec::ExecToStack '"$SYSDIR\schtasks.exe" ${ARGUMENTS} /TN "${WORKER_TASK}"'
  Pop $0
  Pop $1
!macroend

!macro WORKER_FUNCTIONS UN
Function ${UN}FindWorker
  !insertmacro SCHTASKS "/Query"
  ${If} $0 == 0
    StrCpy $HasWorker 1
  ${EndIf}
FunctionEnd

; The tasks that it runs go back to the queue. Its private PostgreSQL would go on: whoever uses it last stops it.
Function ${UN}StopWorker
  ${If} $HasWorker == 1
    !insertmacro SCHTASKS "/Change /DISABLE"
    !insertmacro SCHTASKS "/End"
    nsExec::ExecToStack '"$INSTDIR\app\freesport-sync.exe" --history 1'
    Pop $0
    Pop $1
  ${EndIf}
FunctionEnd

; Whatever has become of setup.
Function ${UN}ResumeWorker
  ${If} $HasWorker == 1
    !insertmacro SCHTASKS "/Change /ENABLE"
    !insertmacro SCHTASKS "/Run"
  ${EndIf}
FunctionEnd
!macroend
!insertmacro WORKER_FUNCTIONS ""
!insertmacro WORKER_FUNCTIONS "un."
