; The user's own PATH. Strings of NSIS hold 1,023 characters and would cut a longer one, so it is changed in memory of
; Windows' own functions; its type (with %VAR% or without) stays.

!define LONGEST_PATH 1000
!define NO_EXPAND 0x10000006 ; RRF_NOEXPAND | RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ

!macro PATH_FUNCTIONS UN
; Read it as ";a;b;" into memory: $R4 the address (to be freed; 0: there is none), $R5 its type.
Function ${UN}ReadPath
  StrCpy $R4 0
  System::Call 'advapi32::RegGetValueW(p 0x80000001, w "Environment", w "Path", i ${NO_EXPAND}, p 0, p 0, *i .R6) i .R7'
  ${If} $R7 <> 0
    Return
  ${EndIf}
  IntOp $R7 $R6 + 8
  System::Alloc $R7
  Pop $R4
  System::Call 'kernel32::lstrcpyW(p R4, w ";")'
  IntPtrOp $R7 $R4 + 2
  System::Call 'advapi32::RegGetValueW(p 0x80000001, w "Environment", w "Path", i ${NO_EXPAND}, *i .R5, p R7, *i R6)'
  System::Call 'kernel32::lstrcatW(p R4, w ";")'
FunctionEnd

Function ${UN}TellPathChanged
  SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=5000
FunctionEnd

; Take the folder $R0 out of it, wherever it is in there.
Function ${UN}RemoveFromPath
  Call ${UN}ReadPath
  ${If} $R4 P= 0
    Return
  ${EndIf}
  StrLen $R3 "$R0;"
  IntOp $R3 $R3 * 2
  StrCpy $R2 0
  ${Do}
    System::Call 'shlwapi::StrStrIW(p R4, w ";$R0;") p .R7'
    ${If} $R7 P= 0
      ${ExitDo}
    ${EndIf}
    StrCpy $R2 1
    IntPtrOp $R6 $R7 + $R3
    System::Call 'kernel32::lstrlenW(p R6) i .R1'
    IntOp $R1 $R1 * 2
    IntOp $R1 $R1 + 2
    System::Call 'kernel32::RtlMoveMemory(p R7, p R6, p R1)'
  ${Loop}
  ${If} $R2 = 1
    System::Call 'kernel32::lstrlenW(p R4) i .R1'
    ${If} $R1 < 2
      DeleteRegValue HKCU "Environment" "Path"
    ${Else}
      IntOp $R1 $R1 - 1
      IntOp $R1 $R1 * 2
      IntPtrOp $R7 $R4 + $R1
      System::Call 'kernel32::RtlZeroMemory(p R7, p 2)' ; the last ";" ends it
      IntPtrOp $R7 $R4 + 2
      System::Call 'advapi32::RegSetKeyValueW(p 0x80000001, w "Environment", w "Path", i R5, p R7, i R1)'
    ${EndIf}
    Call ${UN}TellPathChanged
  ${EndIf}
  System::Free $R4
FunctionEnd
!macroend
!insertmacro PATH_FUNCTIONS ""
!insertmacro PATH_FUNCTIONS "un."

; Whether the folder $R0 is in it: $R1 is 1 or 0.
Function IsInPath
  StrCpy $R1 0
  Call ReadPath
  ${If} $R4 P<> 0
    System::Call 'shlwapi::StrStrIW(p R4, w ";$R0;") p .R7'
    ${If} $R7 P<> 0
      StrCpy $R1 1
    ${EndIf}
    System::Free $R4
  ${EndIf}
FunctionEnd

; Append the folder $R0, unless it is in there; a PATH that would become longer than many programs can read is left alone.
Function AddToPath
  Call IsInPath
  ${If} $R1 = 1
    Return
  ${EndIf}
  Call ReadPath
  ${If} $R4 P= 0
    WriteRegExpandStr HKCU "Environment" "Path" "$R0"
    Call TellPathChanged
    Return
  ${EndIf}
  System::Call 'kernel32::lstrlenW(p R4) i .R1'
  System::Free $R4
  StrLen $R2 "$R0"
  IntOp $R1 $R1 + $R2
  ${If} $R1 > ${LONGEST_PATH}
    MessageBox MB_OK|MB_ICONINFORMATION "$(PATH_TOO_LONG)$\r$\n$R0" /SD IDOK
    Return
  ${EndIf}
  ReadRegStr $R1 HKCU "Environment" "Path"
  ${If} $R1 == ""
    StrCpy $R1 "$R0"
  ${Else}
    StrCpy $R1 "$R1;$R0"
  ${EndIf}
  ${If} $R5 = 1 ; REG_SZ
    WriteRegStr HKCU "Environment" "Path" "$R1"
  ${Else}
    WriteRegExpandStr HKCU "Environment" "Path" "$R1"
  ${EndIf}
  Call TellPathChanged
FunctionEnd
